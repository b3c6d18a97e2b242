"""The lines of a hit to show: those with most terms of the query, and the line that names it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.render.matches import TermMatcher

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from codelode.types import Hit

EXCERPT_LINES = 7
_LINE_END = re.compile(r"\r\n|\r|\n")  # the line ends that `codelode.text.lines` counts, no others


@dataclass(frozen=True, slots=True)
class Line:
    """A numbered line of source, and the terms of the query that occur in it."""

    number: int
    text: str
    terms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Section:
    """The lines of a hit, and lines of its file before and after it."""

    lines: Sequence[Line]
    before: Sequence[Line] = ()
    after: Sequence[Line] = ()


def split_lines(text: str) -> list[str]:
    """Return the lines of a text without line ends. A final line end adds no empty line."""
    lines = _LINE_END.split(text)
    if not lines[-1]:
        lines.pop()
    return lines


def number_lines(texts: Iterable[str], first: int, query_terms: Collection[str] = ()) -> list[Line]:
    """Return numbered lines, beginning with `first`, with the terms of the query in each."""
    matcher = TermMatcher(query_terms)
    return [Line(number, text, matcher.terms_in(text)) for number, text in enumerate(texts, first)]


def section(
    hit: Hit, query_terms: Collection[str], before: Sequence[str] = (), after: Sequence[str] = ()
) -> Section:
    """Return the numbered lines of a hit, and those before and after it in its file."""
    lines = number_lines(split_lines(hit.text), hit.start_line, query_terms)
    return Section(
        lines,
        number_lines(before, hit.start_line - len(before)),
        number_lines(after, hit.start_line + len(lines)),
    )


def whole(section: Section) -> list[Line]:
    """Return all lines of a section."""
    return [*section.before, *section.lines, *section.after]


def excerpt(section: Section, landing: int | None = None, context: int = 0) -> list[Line]:
    """Return the few lines that show why a hit answers, in order; there may be gaps.

    They are the window of lines with most terms of the query, with `context` more lines on each
    side. The line numbered `landing`, where the hit points, begins the window or precedes it.
    """
    heading = next((i for i, line in enumerate(section.lines) if line.number == landing), None)
    start, stop = _best_window(section.lines, heading)
    everything, shift = whole(section), len(section.before)
    while not context and start < stop - 1 and not everything[shift + stop - 1].text.strip():
        stop -= 1
    begin = max(shift + start - context, 0)
    chosen = everything[begin : shift + stop + context]
    if heading is not None and shift + heading < begin:
        return [section.lines[heading], *chosen]
    return chosen


def _best_window(lines: Sequence[Line], heading: int | None) -> tuple[int, int]:
    """Return the window with most distinct terms, then most matches, centered on the matches.

    A window that begins with the heading wins if it has at least half as many terms: people look
    for beginnings.
    """
    used = [i for i, line in enumerate(lines) if line.text.strip()] or [0]
    first, last = used[0], used[-1] + 1
    size = min(EXCERPT_LINES, last - first)

    def worth(start: int) -> tuple[int, int]:
        window = [line.terms for line in lines[start : start + size]]
        return len(frozenset().union(*window)), sum(map(len, window))

    best = max(range(first, last - size + 1), key=worth)  # the first of the best
    most = worth(best)[0]
    if heading is not None and 2 * worth(heading)[0] >= max(most, 1):
        return heading, min(heading + size, last)
    if not most:
        return first, first + size
    matching = [i for i in range(best, best + size) if lines[i].terms]
    spare = size - (matching[-1] - matching[0] + 1)
    best = min(max(matching[0] - spare // 2, first), last - size)
    return best, best + size
