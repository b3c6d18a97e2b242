"""Which lines of a hit to show: those with the most of the query, and the one that names it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.tokens import terms, words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from codelode.types import Hit

EXCERPT_LINES = 7
_LINE_END = re.compile(r"\r\n|\r|\n")  # what `codelode.lines` counts, and nothing else


@dataclass(frozen=True, slots=True)
class Line:
    """A numbered line; `matched` says that a term of the query occurs in it."""

    number: int
    text: str
    matched: bool = False


def split_lines(text: str) -> list[str]:
    """The lines of a text without their ends; a final line end begins no further line."""
    lines = _LINE_END.split(text)
    if not lines[-1]:
        lines.pop()
    return lines


def all_lines(hit: Hit, query_terms: Collection[str]) -> list[Line]:
    """Every line of a hit."""
    lines = split_lines(hit.text)
    found = _terms_by_line(lines, query_terms)
    return [Line(hit.start_line + i, line, bool(found[i])) for i, line in enumerate(lines)]


def excerpt(
    lines: Sequence[Line], hit: Hit, query_terms: Collection[str], context: int = 0
) -> list[Line]:
    """The few of the hit's `lines` that say why it answers, in order; there may be gaps.

    `context` more lines are taken on either side of the window.
    """
    found = _terms_by_line([line.text for line in lines], query_terms)
    start, stop = _best_window(lines, found)
    chosen = list(lines[max(start - context, 0) : stop + context])
    heading = _heading(lines[: max(start - context, 0)], hit.symbol)
    return [heading, *chosen] if heading else chosen


def _terms_by_line(lines: Sequence[str], query_terms: Collection[str]) -> list[set[str]]:
    """The terms of the query that each line contains."""
    wanted = set(query_terms)
    cache: dict[bytes, set[str]] = {}
    found = []
    for line in lines:
        here: set[str] = set()
        for word in words(line.encode("utf-8", "replace")):
            matches = cache.get(word)
            if matches is None:
                matches = cache[word] = wanted.intersection(terms(word))
            here |= matches
        found.append(here)
    return found


def _best_window(lines: Sequence[Line], found: Sequence[set[str]]) -> tuple[int, int]:
    """The window with most distinct terms, then most matches, its matches in the middle."""
    used = [i for i, line in enumerate(lines) if line.text.strip()] or [0]
    first, last = used[0], used[-1] + 1
    size = min(EXCERPT_LINES, last - first)

    def worth(start: int) -> tuple[int, int]:
        window = found[start : start + size]
        return len(set().union(*window)), sum(map(len, window))

    best = max(range(first, last - size + 1), key=worth)  # the first of equals
    matching = [i for i in range(best, best + size) if found[i]]
    if matching:
        spare = size - (matching[-1] - matching[0] + 1)
        best = min(max(matching[0] - spare // 2, first), last - size)
    else:
        best = first
    return best, best + size


def _heading(before: Sequence[Line], symbol: str | None) -> Line | None:
    """The line above the window that first has the symbol's name."""
    name = re.split(r"\W+", symbol)[-1] if symbol else ""
    if not name:
        return None
    named = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return next((line for line in before if named.search(line.text)), None)
