"""Which definitions a chunk is, lies in, and holds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from operator import attrgetter

from codelode.chunk.outline import Found
from codelode.types import Symbol

_NAME_START = attrgetter("name_start")
_LEAD = attrgetter("lead")


def _outer_first(definition: Found) -> int:
    """By where it begins, the longer first; as one number, which is compared faster than two."""
    return (definition.lead << 32) - definition.end


def symbols(
    found: list[Found], starts: list[int], ends: list[int]
) -> Iterator[tuple[Symbol | None, tuple[Symbol, ...]]]:
    """For each chunk `[start, end)`, in order: its symbol, and the definitions named in it.

    The symbol is the innermost definition that most of the chunk lies in, comments included.
    """
    outer_first = sorted(found, key=_outer_first)
    by_name = sorted(found, key=_NAME_START)
    named = [Symbol(each.name, each.kind) for each in by_name]
    name_starts = list(map(_NAME_START, by_name))
    leads = list(map(_LEAD, outer_first))
    open_ones: list[Found] = []
    opened = met = 0
    for start, end in zip(starts, ends, strict=True):
        before, opened = opened, bisect_left(leads, end, opened)
        open_ones = [definition for definition in open_ones if definition.end > start]
        open_ones += outer_first[before:opened]
        first, met = met, bisect_left(name_starts, end, met)
        yield _enclosing(open_ones, start, end), tuple(named[first:met])


def _enclosing(candidates: list[Found], start: int, end: int) -> Symbol | None:
    half = (end - start) // 2
    for definition in reversed(candidates):
        stop, lead = definition.end, definition.lead
        # The first comparison says the same of the whole definition: few pass it.
        if stop - lead > half and min(end, stop) - max(start, lead) > half:
            return Symbol(definition.name, definition.kind)
    return None
