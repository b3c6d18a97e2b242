"""The lines of a file around a hit, for `-C`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from codelode.discover.read import read
from codelode.render.excerpt import split_lines
from codelode.types import Skip, SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.types import Hit


def surroundings(root: Path, hit: Hit, context: int) -> tuple[list[str], list[str]]:
    """Up to `context` lines before and after a hit; none if its file has changed since.

    The file is read as indexing reads it, and must still contain the hit where it was: so the
    lines agree with those of the snapshot.
    """
    if hit.stale:
        return [], []
    try:
        status = os.lstat(root / hit.path)
    except OSError:
        return [], []
    file = SourceFile(
        hit.path,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        hit.language,
    )
    document = read(root, file, status.st_size)
    if isinstance(document, Skip):
        return [], []
    lines = split_lines(document.text.decode("utf-8", "replace"))
    before, after = lines[: hit.start_line - 1], lines[hit.end_line :]
    if lines[hit.start_line - 1 : hit.end_line] != split_lines(hit.text):
        return [], []
    return before[max(len(before) - context, 0) :], after[:context]
