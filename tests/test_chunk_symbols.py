"""The symbol of a chunk, compared with a reference that checks every definition."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from codelode.chunk.definitions import RawDefinition
from codelode.chunk.symbols import symbols
from codelode.types import Symbol

SPANS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 120)), max_size=30)
BOUNDS = st.sets(st.integers(1, 419), max_size=12)


def definition(name: str, lead: int, end: int) -> RawDefinition:
    return RawDefinition(name, "macro", lead, lead, lead, end)


@given(SPANS, BOUNDS)
def test_small_definitions_are_left_out_only_where_they_are_no_chunk(
    spans: list[tuple[int, int]], cuts: set[int]
) -> None:
    found = [definition(f"n{i}", at, at + size) for i, (at, size) in enumerate(spans)]
    bounds = [0, *sorted(cuts), 420]
    outer_first = sorted(found, key=lambda each: (each.lead, -each.end))
    given_back = list(symbols(found, bounds[:-1], bounds[1:]))
    for (start, end), symbol in zip(pairwise(bounds), given_back, strict=True):
        half = (end - start) // 2
        holding = [f for f in outer_first if min(end, f.end) - max(start, f.lead) > half]
        assert symbol == (Symbol(holding[-1].name, holding[-1].kind) if holding else None)
