"""How a definition is called, given how the source writes its name."""

from __future__ import annotations

import re
from typing import Final

MAX_NAME_BYTES: Final = 256
"""Longer names are damage, or the titles of tests that nobody asks for in full."""

_DECORATION: Final = frozenset("`'\"@:r")
"""What a name may begin with that is not part of it."""
_QUOTED: Final = re.compile(r"[@:]?([`'\"]+)(.+)\1", re.DOTALL)
_MARKED: Final = re.compile(r"(?:r#|@|:(?=\w))(.+)")


def spelled(written: str) -> str:
    """Return a name without quotes, escapes and line ends: `match` of `r#match` or `"match"`."""
    if written[0] in _DECORATION:
        if (quoted := _QUOTED.fullmatch(written)) is not None:
            written = quoted[2]
        elif (marked := _MARKED.fullmatch(written)) is not None:
            written = marked[1]
    if '"' in written:
        written = written.replace('"', "")
    return written if written.isprintable() and "  " not in written else " ".join(written.split())
