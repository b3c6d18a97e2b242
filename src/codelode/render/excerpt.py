"""The lines of a hit to show: those with the most query terms, and the definition's signature."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.render.matches import matcher_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from codelode.types import Hit

EXCERPT_LINES = 7
SIGNATURE_LINES = 4
HEAD_LINES = 12
"""A definition has its name on one of these lines, after its decorators."""

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
    matcher = matcher_of(frozenset(query_terms))
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


def excerpt(
    section: Section,
    landing: int | None = None,
    context: int = 0,
    rows: int | None = None,
    name: str = "",
) -> list[Line]:
    """Return the few lines that show why a hit answers the query, in order; there may be gaps.

    They are the signature of the definition called `name`, and the window of lines with the most
    terms of the query, with `context` more lines on each side. The line numbered `landing`, where
    the hit points, is one of them. If `rows` is given, lines and gaps together take at most that
    many rows.
    """
    lines = section.lines
    focus = next((i for i, line in enumerate(lines) if line.number == landing), None)
    heading = _heading(lines, focus, name)
    wanted = None if focus == heading else focus
    start, stop = _best_window(lines, EXCERPT_LINES if rows is None else rows, heading, wanted)
    signature = range(0) if heading is None else _signature(lines, heading)
    if heading is not None and rows is not None and not start <= heading < stop:
        if rows > 2:
            signature = signature[: rows - 2]
            start, stop = _best_window(lines, rows - len(signature) - 1, None, wanted)
        else:
            signature = range(0)
        if wanted is None and (not signature or (heading - 1 <= stop and start <= signature.stop)):
            start, stop = heading, min(heading + rows, len(lines))
    elif rows is not None:
        signature = range(0)
    while not context and start < stop - 1 and not lines[stop - 1].text.strip():
        stop -= 1
    shift, everything = len(section.before), whole(section)
    begin, end = max(shift + start - context, 0), min(shift + stop + context, len(everything))
    chosen = {*range(begin, end), *(shift + i for i in signature)}
    return [everything[i] for i in sorted(chosen)]


def _heading(lines: Sequence[Line], focus: int | None, name: str) -> int | None:
    """Return the index of the line that names the definition, or `focus` if no line does."""
    last = name.rpartition(".")[2]
    if focus is None or not last:
        return focus
    named = re.compile(rf"(?<!\w){re.escape(last)}(?!\w)")
    if named.search(lines[focus].text):
        return focus
    first = (place for place in range(min(focus, HEAD_LINES)) if named.search(lines[place].text))
    return next(first, focus)


def _signature(lines: Sequence[Line], heading: int) -> range:
    """Return the indexes of the lines from a heading to the line that closes its brackets."""
    depth = 0
    for place in range(heading, min(heading + SIGNATURE_LINES, len(lines))):
        text = lines[place].text
        depth += sum(map(text.count, "([")) - sum(map(text.count, ")]"))
        if depth <= 0:
            return range(heading, place + 1)
    return range(heading, heading + 1)


def _best_window(
    lines: Sequence[Line], size: int, heading: int | None, wanted: int | None
) -> tuple[int, int]:
    """Return the bounds of the window with the most distinct terms; ties go to the most matches.

    It is centered on its matches. It holds the line at `wanted`, if that is given. A window that
    begins with the heading wins if it has at least half as many terms: people look for beginnings.
    """
    used = [i for i, line in enumerate(lines) if line.text.strip()] or [0]
    first, last = used[0], used[-1] + 1
    size = min(size, last - first)
    lowest, highest = first, last - size
    if wanted is not None:
        lowest = min(max(lowest, wanted - size + 1), highest)
        highest = max(min(highest, wanted), lowest)

    def worth(start: int) -> tuple[int, int]:
        window = [line.terms for line in lines[start : start + size]]
        return len(frozenset().union(*window)), sum(map(len, window))

    best = max(range(lowest, highest + 1), key=worth)  # of equal windows, the first
    most = worth(best)[0]
    near = heading is not None and (wanted is None or heading <= wanted < heading + size)
    if heading is not None and near and 2 * worth(heading)[0] >= max(most, 1):
        return heading, min(heading + size, last)
    if not most:
        return best, best + size
    matching = [i for i in range(best, best + size) if lines[i].terms]
    spare = size - (matching[-1] - matching[0] + 1)
    best = min(max(matching[0] - spare // 2, lowest), highest)
    return best, best + size
