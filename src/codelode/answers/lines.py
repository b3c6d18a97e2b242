"""The lines of a hit to show: an excerpt or all of it, with lines of the file around it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from codelode.render.excerpt import excerpt, section, split_lines, whole

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from codelode.render.excerpt import Line
    from codelode.types import Hit


def shown_lines(
    root: Path,
    hit: Hit,
    terms: Collection[str],
    context: int = 0,
    full: bool = False,
    rows: int | None = None,
) -> list[Line]:
    """Return the lines of a hit to show, in order, each with the query's `terms` that occur in it.

    `full` asks for the whole hit instead of an excerpt. `context` is the number of further lines
    on each side. `rows` is the maximum number of lines of an excerpt, gaps included.
    """
    before, after = surrounding_lines(root, hit, context) if context else ([], [])
    found = section(hit, terms, before, after)
    return whole(found) if full else excerpt(found, hit.line, context, rows, hit.symbol or "")


def vimgrep_line(hit: Hit) -> tuple[str, str]:
    """Return the place that a hit points at, `path:line:column`, and the text of this line."""
    lines = split_lines(hit.text)
    row = hit.line - hit.start_line
    return f"{hit.path}:{hit.line}:{hit.column}", lines[row] if row < len(lines) else ""


def surrounding_lines(root: Path, hit: Hit, context: int) -> tuple[list[str], list[str]]:
    """Return up to `context` lines before and after a hit; none if its file has changed or is gone.

    The file is read as indexing reads it, and must still contain the hit at its lines. So these
    lines agree with the snapshot.
    """
    from codelode.discover.read import read
    from codelode.types import Skip, SourceFile

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
