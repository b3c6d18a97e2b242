"""The cells of a notebook, in the text that `discover.notebook` makes of it.

A line `# %%` begins a cell of code, `# %% [julia]` one in a language other than Python, and
`# %% [markdown]` or `# %% [raw]` one without code. Editors know these marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from codelode.chunk.hosts.model import Region, language_named

JOINER: Final = "⏎".encode()
"""Stands between the lines of a cell that are on one line of the file."""
LINE_END: Final = b"  \n"
"""A line end of the same length, for parsers."""

_MARK: Final = re.compile(rb"^# %%(?: \[([\w+#.-]{1,40})\])?[ ]*$", re.MULTILINE)
_CELL_MAGIC: Final = re.compile(rb"\s*%%(\w+)")
_MAGIC: Final = re.compile(rb"^[ \t]*[%!?][^\n]*", re.MULTILINE)
_HEADING: Final = re.compile(rb"\s*(#{1,6})[ \t]")
_NO_HEADING: Final = 7  # the level of a cut before a cell that does not begin with a heading
_TEXTS: Final = frozenset({b"markdown", b"raw"})


def cells(text: bytes, path: str) -> Iterator[Region]:
    """Yield the cells of code."""
    readable = text.replace(JOINER, LINE_END)
    for _, start, end, called in _cells(readable):
        if called in _TEXTS:
            continue
        code = readable[start:end]
        magic = _CELL_MAGIC.match(code)
        language = language_named(magic[1]) if magic is not None else None
        language = language or language_named(called or b"python")
        if language is not None:
            yield Region(language, start, _MAGIC.sub(_blanked, code))


def cell_cuts(text: bytes) -> dict[int, int]:
    """Map the offset of each cell to the level of its initial heading, or to `_NO_HEADING`."""
    cuts: dict[int, int] = {}
    for mark, start, _, called in _cells(text.replace(JOINER, LINE_END)):
        heading = _HEADING.match(text, start) if called == b"markdown" else None
        cuts[mark] = _NO_HEADING if heading is None else len(heading[1])
    return cuts


def _cells(text: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield, for each cell, the offset of its `# %%` line, the range of its text, and its type.

    The type is the name in brackets on the `# %%` line, or empty.
    """
    marks = list(_MARK.finditer(text))
    ends = [*(each.start() for each in marks), len(text)]
    for mark, end in zip(marks, ends[1:], strict=True):
        yield mark.start(), mark.end(), end, mark[1] or b""


def _blanked(magic: re.Match[bytes]) -> bytes:
    return b" " * len(magic[0])
