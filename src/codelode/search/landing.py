"""The place that a hit points at: the line to land on, its definition, and the passage to show.

A hit is a chunk, and a chunk may hold several definitions or a part of one. A definition *answers*
a query if the query gives its name, or if it holds the line that matches the query best. Such a hit
lands on the name of the definition; any other lands on the line that matches best.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from codelode.search.as_written import written_at
from codelode.search.column import begins_word
from codelode.search.comments import documented
from codelode.search.name_match import share_of_name
from codelode.search.named import EXTENDING, MODULES, is_directly_inside, is_inside
from codelode.search.near_names import grade_of_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from codelode.search.context import QueryContext
    from codelode.search.landing_query import LandingQuery
    from codelode.search.passage import Passage
    from codelode.segment.definition_lookup import DefinitionLookup
    from codelode.segment.definition_rows import DefinitionRow

_NAME_SHARE = 0.5
"""A name answers if it holds this share of the query's weight, and the query this share of it."""


class Landing(NamedTuple):
    """The place of a hit. Lines are 1-based; `line` is one of `start_line` to `end_line`.

    `symbol` is the qualified name of the innermost definition that holds `line`, or of the
    definition that follows if `line` is in the comment above it; `kind` is its kind. Both are None
    if there is no such definition.
    """

    line: int
    start_line: int
    end_line: int
    symbol: str | None
    kind: str | None


def land(
    passage: Passage, definitions: DefinitionLookup, query: LandingQuery, asked: int = 0
) -> Landing:
    """Select the place in a passage that answers a query best.

    `asked` is the line that the query names, 1-based, or 0 if it names none. If it is in the
    passage, it usually wins: see `_best_line`.
    """
    last_line = passage.last_line
    near = definitions.rows_on_lines(passage.file, passage.first_line, last_line + 1)
    rows = [each for each in near if each.start_line <= last_line]
    line, is_exact, row = _best_line(rows, passage, definitions, query, asked)
    if row is None:
        holding = _holding(rows, line)
        row = documented(near, line, passage, holding) or holding
        if row is None:
            return Landing(line, *_between(rows, line, passage), symbol=None, kind=None)
        line = row.name_line if not is_exact and _fits(row, passage) else line
        if row.start_line > last_line:  # the passage has only the definition's comment
            first, last = _between(rows, line, passage)
            return Landing(
                line, first, last, definitions.qualified_name(passage.file, row.place), row.kind
            )
    return Landing(
        line,
        max(min(row.start_line, line), passage.first_line),  # show the definition alone
        min(row.end_line, passage.last_line),
        definitions.qualified(passage.file, row, rows),
        row.kind,
    )


def _best_line(
    rows: Sequence[DefinitionRow],
    passage: Passage,
    definitions: DefinitionLookup,
    query: LandingQuery,
    asked: int,
) -> tuple[int, bool, DefinitionRow | None]:
    """Return the line that answers a query best, a flag, and the definition named, if any.

    The flag says that the query asks for exactly this line: by its number, or as text. The
    definition is the one whose name answers the query.
    """
    context = query.context
    at = written_at(query.phrase, passage.text) if query.phrase else -1
    row = _asked_for(rows, passage, definitions, context, is_written=at >= 0)
    if row is not None:
        return row.name_line, False, row
    is_inside = passage.first_line <= asked <= passage.last_line
    # If the whole query occurs as text, its line wins over the line of a quoted part.
    if is_inside and not (at >= 0 and context.query.required):
        return asked, True, None
    if at >= 0:
        return passage.first_line + _row(passage.starts, at), True, None
    text = passage.text.decode("latin-1")  # one character per byte: offsets are in bytes
    matches = _Matches(text, passage.starts, query)
    row = _named(rows, passage, matches, definitions, query)
    if row is not None:
        return row.name_line, False, row
    return passage.first_line + matches.best, False, None


def _fits(row: DefinitionRow, passage: Passage) -> bool:
    last = passage.first_line + len(passage.starts) - 1
    return passage.first_line <= row.start_line and row.end_line <= last


class _Matches:
    """The lines of a text that hold terms of a query.

    `best` is the line that matches the query best, counted from 0. The worth of a line is the
    weight of the terms that begin on it; of several equally good lines, the first wins. Without any
    match, `best` is the first line that is not blank.
    """

    def __init__(self, text: str, starts: Sequence[int], query: LandingQuery) -> None:
        self._lower, self._starts = text.lower(), starts
        self.holding: set[int] = set()
        """Lines that hold a term, also within a word."""
        self._worth = [0.0] * len(starts)
        for needle, share in query.terms:
            self._add_term(needle, share, text)
        if self.holding and any(self._worth):
            self.best = self._worth.index(max(self._worth))
        else:
            blank = len(text) - len(text.lstrip())
            self.best = _row(starts, min(blank, len(text) - 1)) if text else 0

    def add(self, names: Iterable[str]) -> None:
        """Add the lines that hold any of some names, which are in lower case."""
        find, starts = self._lower.find, self._starts
        for name in names:
            at, row = find(name), 0
            while at >= 0:
                row = bisect_right(starts, at, row) - 1
                self.holding.add(row)
                if row + 1 == len(starts):
                    break
                at = find(name, starts[row + 1])

    def _add_term(self, needle: str, share: float, text: str) -> None:
        """Add the lines with a term; add its share to the worth of lines where it begins a word."""
        find, starts, holding = self._lower.find, self._starts, self.holding
        at, row = find(needle), 0
        while at >= 0:
            row = bisect_right(starts, at, row) - 1
            holding.add(row)
            if begins_word(text, at):
                self._worth[row] += share
                if row + 1 == len(starts):
                    break
                at = find(needle, starts[row + 1])
            else:
                at = find(needle, at + len(needle))


def _row(starts: Sequence[int], offset: int) -> int:
    return max(bisect_right(starts, offset) - 1, 0)


def _asked_for(
    rows: Sequence[DefinitionRow],
    passage: Passage,
    definitions: DefinitionLookup,
    context: QueryContext,
    *,
    is_written: bool,
) -> DefinitionRow | None:
    """Return the definition that the whole query names, or that has the nearest name, if any.

    If the query `is_written` in the passage, a definition counts only if it is in the class or
    module that the query names, if any. If such a query also has arguments, no definition counts:
    the text itself is the place.
    """
    if context.name is None or (is_written and context.name.has_arguments):
        return None
    ranked = []
    first, last = passage.first_line, passage.last_line
    for place, row in enumerate(rows):
        if first <= row.name_line <= last:
            grade = grade_of_name(context, definitions.name_of(row))
            if grade:
                qualified = definitions.qualified_name(passage.file, row.place)
                inside = is_inside(context.name, qualified, passage.path)
                if inside or not is_written:
                    direct = is_directly_inside(context.name, qualified)
                    whole = not row.declaration and row.kind not in MODULES | EXTENDING
                    ranked.append((inside, grade, direct, whole, _lines(row), -place, row))
    best = max(ranked, key=lambda each: each[:-1], default=None)
    return best[-1] if best is not None else None


def _named(
    rows: Sequence[DefinitionRow],
    passage: Passage,
    matches: _Matches,
    definitions: DefinitionLookup,
    query: LandingQuery,
) -> DefinitionRow | None:
    """Return the definition in the passage whose name answers the query, if any.

    Of several that answer equally well, return the longest: overloads precede their implementation.
    A name is read only if its line holds a word of the query: no other name can answer it.
    """
    matches.add(query.folded_names)
    every = not passage.text.isascii()  # words of other scripts need not be substrings of the text
    ranked = []
    first, last = passage.first_line, passage.last_line
    for place, row in enumerate(rows):
        line = row.name_line
        if first <= line <= last and (every or line - first in matches.holding):
            worth = _name_worth(definitions.name_of(row), query.names, query.context.share_of_term)
            worth *= 0.9 if row.declaration else 1.0
            ranked.append((worth, _lines(row), -place, row))
    best = max(ranked, key=lambda each: each[:3], default=None)
    return best[-1] if best is not None and best[0] > 0 else None


def _name_worth(name: str, wanted: set[str], weights: Mapping[str, float]) -> float:
    """Return how well a name answers the query: 0 if it does not."""
    if name in wanted:
        return 4.0
    if any(name.casefold() == each.casefold() for each in wanted):
        return 3.0
    held, holding = share_of_name(name, weights)
    return held + holding if held >= _NAME_SHARE and holding >= _NAME_SHARE else 0.0


def _holding(rows: Sequence[DefinitionRow], line: int) -> DefinitionRow | None:
    """Return the innermost definition that holds a line; None if no definition does."""
    holding = [each for each in rows if each.start_line <= line <= each.end_line]
    # Of equally long definitions, the innermost comes last in document order.
    return min(reversed(holding), key=_lines, default=None)


def _between(rows: Sequence[DefinitionRow], line: int, passage: Passage) -> tuple[int, int]:
    """Return the first and last line of the gap, between definitions, that holds a line."""
    before = (row.end_line + 1 for row in rows if row.end_line < line)
    after = (row.start_line - 1 for row in rows if row.start_line > line)
    first, last = passage.first_line, passage.last_line
    return max(before, default=first), min(after, default=last)


def _lines(row: DefinitionRow) -> int:
    return row.end_line - row.start_line + 1
