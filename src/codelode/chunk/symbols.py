"""Assign definitions to chunks: the definition that a chunk is part of, and those it names."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from operator import attrgetter, sub

from codelode.chunk.definitions import RawDefinition
from codelode.types import Symbol

_NAME_START = attrgetter("name_start")
_NAME_AND_KIND = attrgetter("name", "kind")
_LEAD = attrgetter("lead")
_new_symbol = partial(tuple.__new__, Symbol)  # from a pair; faster than `Symbol(...)`


def _outer_first(definition: RawDefinition) -> int:
    """Return a sort key, by start, the longer first: one number compares faster than a pair."""
    return (definition.lead << 32) - definition.end


def symbols(
    found: list[RawDefinition], starts: list[int], ends: list[int]
) -> Iterator[tuple[Symbol | None, tuple[Symbol, ...]]]:
    """Yield, for each chunk `[start, end)`, its symbol and the definitions named in it.

    The symbol is the innermost definition that covers most of the chunk, with its comments.
    """
    by_name = sorted(found, key=_NAME_START)
    named = list(map(_new_symbol, map(_NAME_AND_KIND, by_name)))
    name_starts = list(map(_NAME_START, by_name))
    # Skip definitions that are too short to cover most of any chunk, such as single constants.
    half = min(map(sub, ends, starts)) // 2
    outer_first = sorted([each for each in found if each.end - each.lead > half], key=_outer_first)
    leads = list(map(_LEAD, outer_first))
    open_ones: list[RawDefinition] = []
    opened = met = 0
    for start, end in zip(starts, ends, strict=True):
        before, opened = opened, bisect_left(leads, end, opened)
        open_ones = [definition for definition in open_ones if definition.end > start]
        open_ones += outer_first[before:opened]
        first, met = met, bisect_left(name_starts, end, met)
        yield _enclosing(open_ones, start, end), tuple(named[first:met])


def _enclosing(candidates: list[RawDefinition], start: int, end: int) -> Symbol | None:
    half = (end - start) // 2
    for definition in reversed(candidates):
        stop, lead = definition.end, definition.lead
        # The first comparison is necessary for the second, cheaper, and usually false.
        if stop - lead > half and min(end, stop) - max(start, lead) > half:
            return Symbol(definition.name, definition.kind)
    return None
