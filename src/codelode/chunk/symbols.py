"""Assign definitions to chunks: the definition that a chunk is or lies in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from operator import attrgetter, sub

from codelode.chunk.definitions import RawDefinition
from codelode.types import Symbol

_LEAD = attrgetter("lead")
_new_symbol = partial(tuple.__new__, Symbol)  # faster than `Symbol(...)`


def _outer_first(definition: RawDefinition) -> int:
    """Return a sort key: by start, longer definitions first.

    It is one number, because comparing a pair would be slower.
    """
    return (definition.lead << 32) - definition.end


def symbols(
    found: list[RawDefinition], starts: list[int], ends: list[int]
) -> Iterator[Symbol | None]:
    """Yield the symbol of each chunk `[start, end)`, or None.

    The symbol is the innermost definition that, with its comments, covers most of the chunk.
    """
    # Skip definitions that are too short to cover most of any chunk, such as single constants.
    half = min(map(sub, ends, starts)) // 2
    outer_first = sorted([each for each in found if each.end - each.lead > half], key=_outer_first)
    leads = list(map(_LEAD, outer_first))
    open_ones: list[RawDefinition] = []
    opened = 0
    for start, end in zip(starts, ends, strict=True):
        before, opened = opened, bisect_left(leads, end, opened)
        open_ones = [definition for definition in open_ones if definition.end > start]
        open_ones += outer_first[before:opened]
        yield _enclosing(open_ones, start, end)


def _enclosing(candidates: list[RawDefinition], start: int, end: int) -> Symbol | None:
    half = (end - start) // 2
    for definition in reversed(candidates):
        stop, lead = definition.end, definition.lead
        # The second comparison implies the first, which is cheaper and usually false.
        if stop - lead > half and min(end, stop) - max(start, lead) > half:
            return _new_symbol((definition.name, definition.kind))
    return None
