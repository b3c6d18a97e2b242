"""Globs for names: `*` stands for any characters, `?` for one; case counts only with `exact`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WILD = re.compile(r"[*?]")


def matches(glob: str, name: str, exact: bool = False) -> bool:
    """Return whether a glob matches a whole name; with `exact`, case counts."""
    if exact:
        return _pattern(glob).fullmatch(name) is not None
    return _pattern(glob.casefold()).fullmatch(name.casefold()) is not None


def places(glob: str, text: bytes, exact: bool = False) -> Iterator[int]:
    """Yield the numbers (from 0, ascending) of the names in `text` that a glob matches.

    Each name in `text` ends with a newline. Only names with the longest literal part of the glob
    are compared. With `exact`, case counts.
    """
    folded = text.decode("utf-8", "replace")
    if not exact:
        folded, glob = folded.casefold(), glob.casefold()
    pattern, literal = _pattern(glob), max(_WILD.split(glob), key=len)
    begin = place = 0
    while (at := folded.find(literal, begin)) >= 0:
        start = folded.rfind("\n", begin, at) + 1 or begin
        end = folded.find("\n", at)
        if end < 0:
            return
        place += folded.count("\n", begin, start)
        if pattern.fullmatch(folded, start, end):
            yield place
        begin, place = end + 1, place + 1


@lru_cache(64)
def _pattern(glob: str) -> re.Pattern[str]:
    """Return the pattern of a glob. It never backtracks: hostile globs take linear time.

    The first place where the text between two stars fits is as good as any other. So the text
    between two stars becomes an atomic group.
    """
    first, *others = (re.escape(part).replace(r"\?", ".") for part in glob.split("*"))
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    between = "".join(f"(?>.*?{part})" for part in middle if part)
    return re.compile(f"{first}{between}.*{last}", re.DOTALL)
