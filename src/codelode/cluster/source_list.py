"""Reads the list of the sources to build."""

from __future__ import annotations

import shlex
from pathlib import Path

from codelode.cluster.build_messages import Source
from codelode.errors import UsageError
from codelode.roster.names import check_label, check_name


def read_sources(path: str) -> list[Source]:
    """Read a list of sources: NAME, SOURCE and perhaps LABEL on each line, quoted as for a shell.

    Raises `UsageError` for an invalid line or a name given twice, and `OSError`.
    """
    sources: dict[str, Source] = {}
    for number, line in enumerate(Path(path).read_text("utf-8").splitlines(), 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise UsageError(f"{path}:{number}: {error}") from None
        if not words:
            continue
        if len(words) > 3 or len(words) < 2:
            raise UsageError(f"{path}:{number}: expected NAME SOURCE [LABEL]")
        source = Source(check_name(words[0]), words[1], check_label("".join(words[2:])))
        if source.name in sources:
            raise UsageError(f"{path}:{number}: {source.name} is listed twice")
        sources[source.name] = source
    if not sources:
        raise UsageError(f"{path} lists no repositories")
    return list(sources.values())
