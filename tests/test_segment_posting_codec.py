"""Posting lists survive packing and unpacking; invalid bytes cause no crash."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codelode.segment import posting_codec
from codelode.segment.posting_codec import pack_lists, unpack_lists
from codelode.segment.posting_list import list_count, read_list

ROWS = 40_000
List = list[tuple[int, int]]

frequencies = st.one_of(st.integers(1, 5), st.integers(1, 255))
short = st.dictionaries(st.integers(0, ROWS - 1), frequencies, min_size=1, max_size=12)
alike = st.sets(st.integers(0, ROWS - 1), min_size=1).map(lambda found: dict.fromkeys(found, 1))
near = st.dictionaries(st.integers(0, 400), frequencies, min_size=1, max_size=300)
posting_lists = st.lists(st.one_of(short, near, alike).map(lambda d: sorted(d.items())), max_size=8)


def every(step: int, rows: int = ROWS) -> List:
    return [(ordinal, 1 + ordinal % 7) for ordinal in range(0, rows, step)]


def once(step: int) -> List:
    return [(ordinal, 1) for ordinal, _ in every(step)]


def arrays(many: list[List]) -> tuple[Any, Any, Any]:
    starts = np.cumsum([0, *map(len, many)])
    flat = [posting for one in many for posting in one]
    return (
        starts,
        np.array([ordinal for ordinal, _ in flat], np.uint16),
        np.array([frequency for _, frequency in flat], np.uint8),
    )


@settings(deadline=None)
@given(posting_lists)
@example([every(1)])
@example([every(5), [(3, 255)], every(7)])
@example([every(317), every(315)])  # 127 postings each: the first count of three bytes
@example([once(318), once(317), once(315), once(5), once(1)])
@example([[(0, 1), (ROWS - 1, 4)], [(9, 1)], [(9, 2)], [(1, 1), (2, 1)]])
def test_packed_lists_are_unpacked_unchanged(many: list[List]) -> None:
    starts, ordinals, counts = arrays(many)
    sizes, data = pack_lists(starts, ordinals, counts, ROWS)
    assert int(sizes.sum()) == len(data)
    again = unpack_lists(data, sizes, ROWS)
    assert [found.tolist() for found in again] == [a.tolist() for a in (starts, ordinals, counts)]
    ends = np.cumsum(sizes)
    for end, size, one in zip(ends.tolist(), sizes.tolist(), many, strict=True):
        piece = data[end - size : end]
        assert list_count(piece) == list_count(piece[:4]) == len(one)
        found_ordinals, found_counts = read_list(piece, ROWS)
        assert list(zip(found_ordinals.tolist(), found_counts.tolist(), strict=True)) == one


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 200, 1 << 16])
def test_a_term_of_every_chunk_is_a_bit_set_of_any_length(rows: int) -> None:
    starts, ordinals, counts = arrays([every(1, rows)])
    sizes, data = pack_lists(starts, ordinals, counts, rows)
    assert read_list(data, rows)[0].tolist() == list(range(rows))
    assert unpack_lists(data, sizes, rows)[1].tolist() == list(range(rows))


def test_packing_in_slices_equals_packing_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [every(step) for step in range(1, 60)] * 2
    whole = pack_lists(*arrays(many), ROWS)
    monkeypatch.setattr(posting_codec, "SLICE", 5000)
    sizes, data = pack_lists(*arrays(many), ROWS)
    assert sizes.tolist() == whole[0].tolist() and data.tobytes() == whole[1].tobytes()
    again = unpack_lists(data, sizes, ROWS)
    assert [found.tolist() for found in again] == [found.tolist() for found in arrays(many)]


def test_lists_are_small() -> None:
    """A rare term takes a few bytes; each posting of a common term takes a byte and a half."""
    sizes, _ = pack_lists(*arrays([[(30_000, 1)], [(30_000, 1), (30_005, 1)], every(20)]), ROWS)
    assert sizes.tolist()[:2] == [2, 4]
    assert sizes[2] < 2 * len(every(20))


@given(st.binary(max_size=60), st.data())
def test_damage_is_an_error_or_another_list(data: bytes, draw: st.DataObject) -> None:
    bytes_ = np.frombuffer(data, np.uint8)
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=4)))
    sizes = np.diff([0, *cuts, len(data)])
    for read in (lambda: read_list(bytes_, 100), lambda: unpack_lists(bytes_, sizes, 100)):
        with suppress(LookupError, ValueError):
            read()
