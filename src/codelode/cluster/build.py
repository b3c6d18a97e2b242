"""Builds one repository of a roster: obtain its source, index it, upload the index.

Sources and what is in them are hostile: git runs no hooks and asks nothing, archives are unpacked
within a limit and cannot leave their folder, and the index is made by a process of its own within a
memory cap. A repository that cannot be built is a line of the report.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codelode.cluster.sources import obtain
from codelode.errors import CodelodeError, IndexingError, UsageError
from codelode.objects.urls import open_object_store
from codelode.roster.names import check_label, check_name
from codelode.roster.upload import Uploader, digests_of
from codelode.store.locate import index_directory
from codelode.store.storage import LocalStorage
from codelode.system.error_message import last_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.roster.records import Repository

_LONGEST_SECONDS = 6 * 3600


@dataclass(frozen=True, slots=True)
class Source:
    """A repository to build: its name, the place of its source, and its label or ""."""

    name: str
    place: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """The roster that a task uploads to, the task's cores, and the bytes of memory it may use."""

    roster: str
    cores: int
    max_memory: int


@dataclass(frozen=True, slots=True)
class Built:
    """The outcome of one repository: the `repository` to commit, or a `problem`.

    `peak_bytes` is the peak memory of the indexing.
    """

    name: str
    repository: Repository | None = None
    problem: str = ""
    seconds: float = 0.0
    peak_bytes: int = 0

    @property
    def files(self) -> int:
        """The number of indexed files."""
        return 0 if self.repository is None else self.repository.files


@dataclass(frozen=True, slots=True)
class Report:
    """The outcomes of a whole build, and its duration in seconds."""

    roster: str
    built: Sequence[Built]
    seconds: float


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


def build(source: Source, before: Repository | None, options: TaskOptions) -> Built:
    """Build a repository and upload its index; the caller commits it.

    `before` is the repository as the roster has it now: its segments are not uploaded again.
    Building twice does no harm. An error of the source or of the store becomes a `problem`, and
    is not raised.
    """
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="lode-build-") as folder:
            tree = obtain(source.place, Path(folder))
            made = _index(tree, Path(folder) / "index", options)
            directory = index_directory(tree.resolve(), Path(folder) / "index")
            store = open_object_store(options.roster)
            known = frozenset[str]() if before is None else digests_of(store, before)
            uploader = Uploader(store, known)
            repository = uploader.upload(LocalStorage(directory), source.name, source.label)
    except (CodelodeError, OSError) as error:
        return Built(source.name, problem=_one_line(error), seconds=time.monotonic() - began)
    built = Built(source.name, repository, peak_bytes=int(made["peak_rss_bytes"]))
    return replace(built, seconds=time.monotonic() - began)


def _index(tree: Path, directory: Path, options: TaskOptions) -> dict[str, Any]:
    """Index a tree in a process of its own; return its report. Raises `IndexingError`."""
    directory.mkdir()
    command = [
        *(sys.executable, "-P", "-m", "codelode", "index", str(tree), "--json"),
        *("--index-dir", str(directory), "--jobs", str(options.cores)),
        *("--max-memory", str(options.max_memory)),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_LONGEST_SECONDS, check=False, cwd=tree
        )
    except subprocess.TimeoutExpired:
        raise IndexingError(f"indexing took longer than {_LONGEST_SECONDS} s") from None
    if done.returncode != 0:
        raise IndexingError(last_line(done.stderr) or f"indexing ended with {done.returncode}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _one_line(error: CodelodeError | OSError) -> str:
    return " ".join(str(error).split()) or type(error).__name__
