"""The place that a hit points at: the line to land on, its definition, and the passage to show.

A hit is a chunk, and a chunk may hold several definitions or a part of one. A definition *answers*
a query if the query gives its name, or if it holds the line that matches the query best. Such a hit
lands on the name of the definition; any other lands on the line that matches best.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.search.name_match import share_of_name
from codelode.search.named import is_inside
from codelode.search.near_names import grade_of_name
from codelode.text.lines import line_starts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codelode.search.context import QueryContext
    from codelode.segment.definition_lookup import DefinitionLookup, DefinitionRecord
    from codelode.types import Definition

_NAME_SHARE = 0.5
"""A name answers if it holds this share of the query's weight, and the query this share of it."""

_PHRASE_CHARACTERS = 8
"""A shorter query that occurs verbatim on a line says nothing beyond its terms."""

_LAST_NAME = re.compile(r"[^\W\d][\w$]*[!?]?\Z")


@dataclass(frozen=True, slots=True)
class Landing:
    """The place of a hit. Lines are 1-based; `line` is one of `start_line` to `end_line`.

    `symbol` is the qualified name of the innermost definition that holds `line`, `kind` its kind;
    None where there is none.
    """

    line: int
    start_line: int
    end_line: int
    symbol: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk on its way to a hit: the row of its file, its first line, and its text in UTF-8."""

    file: int
    first_line: int
    text: bytes


def land(
    passage: Passage, definitions: DefinitionLookup, context: QueryContext, asked: int = 0
) -> Landing:
    """Select the place in a passage that answers a query best.

    The line `asked` wins if it is in the passage. It is 1-based, 0 if the query names no line.
    """
    starts = line_starts(passage.text).tolist()
    last_line = passage.first_line + max(len(starts) - 1, 0)
    lines = range(passage.first_line, last_line + 1)
    records = definitions.overlapping(passage.file, passage.first_line, last_line)
    named = [each for each in records if each.definition.name_line in lines]
    record = _asked_for(named, definitions, context)
    if passage.first_line <= asked <= last_line:
        best, is_phrase = asked, True
    else:
        best, is_phrase = _best_line(passage, starts, context)
    if record is None and not is_phrase:
        record = _named(named, context)
    if record is None:
        record = _holding(records, best)
        answers = record is not None and not is_phrase and _fits(record.definition, passage, starts)
    else:
        answers = True
    if record is None:
        return Landing(best, passage.first_line, last_line, None, None)
    definition = record.definition
    line = definition.name_line if answers else best
    fits = _fits(definition, passage, starts)
    return Landing(
        line,
        definition.start_line if fits else passage.first_line,
        definition.end_line if fits else last_line,
        definitions.qualified_name(record.file, record.place),
        definition.kind,
    )


def _fits(definition: Definition, passage: Passage, starts: Sequence[int]) -> bool:
    last_line = passage.first_line + len(starts) - 1
    return passage.first_line <= definition.start_line and definition.end_line <= last_line


def _best_line(passage: Passage, starts: Sequence[int], context: QueryContext) -> tuple[int, bool]:
    """Return the line that matches the query best, and whether it holds the query verbatim.

    A line matches by the weight of the terms that begin on it; of several, the first wins. Without
    any, it is the first line that is not blank.
    """
    text = passage.text.decode("latin-1")  # one character for each byte: offsets agree
    at = _phrase(text, context.query.text)
    if at is not None:
        return passage.first_line + _row(starts, at), True
    worth = [0.0] * len(starts)
    for term, share in context.share_of_term.items():
        for row in {_row(starts, place) for place in _beginnings(text, term)}:
            worth[row] += share
    if not any(worth):
        blank = len(text) - len(text.lstrip())
        return passage.first_line + (_row(starts, min(blank, len(text) - 1)) if text else 0), False
    return passage.first_line + worth.index(max(worth)), False


def _phrase(text: str, query: str) -> int | None:
    """Return the offset of the whole query in a text, ignoring case, or None."""
    if len(query) < _PHRASE_CHARACTERS or query.isidentifier():
        return None
    at = text.lower().find(query.encode("utf-8", "replace").decode("latin-1").lower())
    return at if at >= 0 else None


def _beginnings(text: str, term: str) -> list[int]:
    """Return the offsets at which a term begins, also as a part of an identifier."""
    lower = text.lower()
    needle = term.encode("utf-8", "replace").decode("latin-1")
    found, at = [], lower.find(needle)
    while at >= 0:
        before = text[at - 1] if at else " "
        if not before.isalnum() or (text[at].isupper() and not before.isupper()):
            found.append(at)
        at = lower.find(needle, at + len(needle))
    return found


def _row(starts: Sequence[int], offset: int) -> int:
    return max(bisect_right(starts, offset) - 1, 0)


def _asked_for(
    records: Sequence[DefinitionRecord], definitions: DefinitionLookup, context: QueryContext
) -> DefinitionRecord | None:
    """Return the definition whose name the whole query is, or is nearest to, if there is any."""
    if context.name is None:
        return None
    ranked = []
    for place, each in enumerate(records):
        grade = grade_of_name(context, each.definition.name)
        if grade:
            qualified = (
                definitions.qualified_name(each.file, each.place) if len(records) > 1 else ""
            )
            inside = is_inside(context.name, qualified)
            declared = each.definition.declaration
            ranked.append((inside, grade, not declared, _lines(each), -place, each))
    best = max(ranked, key=lambda each: each[:-1], default=None)
    return best[-1] if best is not None else None


def _named(records: Sequence[DefinitionRecord], context: QueryContext) -> DefinitionRecord | None:
    """Return the definition in the passage whose name answers the query, if any.

    Of several that answer equally well, return the longest: overloads precede their implementation.
    """
    wanted = _last_names(context)
    ranked = [
        (_name_worth(each.definition, wanted, context.share_of_term), _lines(each), -place, each)
        for place, each in enumerate(records)
    ]
    best = max(ranked, key=lambda each: each[:3], default=None)
    return best[-1] if best is not None and best[0] > 0 else None


def _last_names(context: QueryContext) -> set[str]:
    """Return the names that the query gives; of a qualified name, the last one."""
    if not context.query.is_symbol:
        return set(context.query.names)
    last = _LAST_NAME.search(context.query.text.removesuffix("()"))
    return {last[0]} if last else set(context.query.names)


def _name_worth(definition: Definition, wanted: set[str], weights: Mapping[str, float]) -> float:
    """Return how well a name answers the query: 0 for not at all; a declaration gets less."""
    worth = 0.0
    if definition.name in wanted:
        worth = 4.0
    elif any(definition.name.casefold() == name.casefold() for name in wanted):
        worth = 3.0
    else:
        held, holding = share_of_name(definition.name, weights)
        if held >= _NAME_SHARE and holding >= _NAME_SHARE:
            worth = held + holding
    return worth * (0.9 if definition.declaration else 1.0)


def _holding(records: Sequence[DefinitionRecord], line: int) -> DefinitionRecord | None:
    """Return the innermost of some definitions that holds a line."""
    holding = [
        each for each in records if each.definition.start_line <= line <= each.definition.end_line
    ]
    # Of equally long definitions, the innermost comes last in document order.
    return min(
        reversed(holding),
        key=_lines,
        default=None,
    )


def _lines(record: DefinitionRecord) -> int:
    return record.definition.end_line - record.definition.start_line + 1
