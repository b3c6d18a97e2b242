"""Merging of small pieces: which of the cuts between them are dropped."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.chunk.merge import merge
from codelode.chunk.outline import SOFT
from codelode.chunk.sizes import MAX_CHUNK_BYTES, TINY_CHUNK_BYTES

QUARTER = MAX_CHUNK_BYTES // 4
LARGE = MAX_CHUNK_BYTES * 2 // 3  # two of them do not fit into one chunk
MEDIUM = QUARTER + 50  # two of them fit into one chunk, but need not share it
SMALL = QUARTER - 50
TINY = TINY_CHUNK_BYTES - 50


@pytest.fixture(autouse=True, scope="module")
def what_is_small() -> Iterator[None]:
    """Set the size of a small chunk, so that these tests do not depend on its tuning."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("codelode.chunk.merge.SMALL_CHUNK_BYTES", QUARTER)
        yield


def merged(*pieces: tuple[int, int]) -> list[int]:
    """Return the sizes of the chunks; each piece is (level of the cut before it, size)."""
    cuts: dict[int, int] = {}
    end = 0
    for level, size in pieces:
        if end:
            cuts[end] = level
        end += size
    starts = merge(cuts, end)
    return [stop - start for start, stop in zip(starts, [*starts[1:], end], strict=True)]


def test_inside_a_function_pieces_grow_to_the_full_size() -> None:
    assert merged((0, MEDIUM), (SOFT, MEDIUM), (SOFT, MEDIUM)) == [3 * MEDIUM]
    assert merged((0, LARGE), (SOFT, LARGE)) == [LARGE, LARGE]


def test_outside_only_small_pieces_are_merged() -> None:
    assert merged((0, MEDIUM), (0, MEDIUM)) == [MEDIUM, MEDIUM]
    assert merged((0, MEDIUM), (0, SMALL)) == [MEDIUM + SMALL]
    assert merged((0, SMALL), (0, MEDIUM)) == [SMALL + MEDIUM]


def test_parts_of_one_definition_are_joined_before_two_definitions() -> None:
    assert merged((0, LARGE), (0, SMALL), (1, SMALL)) == [LARGE, 2 * SMALL]
    assert merged((0, SMALL), (1, SMALL), (0, SMALL), (1, LARGE)) == [2 * SMALL, SMALL + LARGE]


def test_a_part_of_a_larger_thing_is_not_merged_with_what_is_beside_that() -> None:
    assert merged((0, LARGE), (1, LARGE), (1, SMALL), (0, MEDIUM))[-1] == MEDIUM
    assert merged((0, LARGE), (SOFT, MEDIUM), (0, SMALL)) == [LARGE + MEDIUM, SMALL]
    assert merged((0, LARGE), (SOFT + 1, LARGE), (0, SMALL), (0, LARGE)) == [
        LARGE,
        LARGE,
        SMALL + LARGE,
    ]


def test_a_tiny_rest_joins_what_it_belongs_to_even_if_that_gets_too_large() -> None:
    full = MAX_CHUNK_BYTES - 10
    assert merged((0, full), (SOFT, TINY), (0, LARGE)) == [full + TINY, LARGE]
    assert merged((0, full), (0, TINY), (SOFT, full)) == [full, TINY + full]


def test_one_piece_is_one_chunk() -> None:
    assert merged((0, 10 * MAX_CHUNK_BYTES)) == [10 * MAX_CHUNK_BYTES]


def merged_cut_by_cut(cuts: dict[int, int], end: int) -> list[int]:
    """Judge the cuts one by one; return the starts of the merged pieces, tiny ones included."""
    left = dict(sorted(cuts.items()))
    for level in sorted(set(cuts.values()), reverse=True):
        for at in [each for each, its in left.items() if its == level]:
            places = [0, *left, end]
            before, after = places[places.index(at) - 1], places[places.index(at) + 1]
            beside = left.get(before, 0) <= level >= left.get(after, 0)
            small = at - before < QUARTER or after - at < QUARTER
            if after - before <= MAX_CHUNK_BYTES and (level >= SOFT or (beside and small)):
                del left[at]
    return [0, *left]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 1, 2, SOFT, SOFT + 1, SOFT + 31]),
            st.integers(TINY_CHUNK_BYTES, MAX_CHUNK_BYTES + 500),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_cuts_are_dropped_level_by_level(pieces: list[tuple[int, int]]) -> None:
    sizes = merged(*pieces)
    assert sum(sizes) == sum(size for _, size in pieces)
    cuts, end = {}, pieces[0][1]
    for level, size in pieces[1:]:
        cuts[end] = level
        end += size
    starts = merged_cut_by_cut(cuts, end)  # no piece is tiny, so none is absorbed
    assert sizes == [stop - start for start, stop in pairwise([*starts, end])]
