"""Numbering the pieces of a text, compared with a dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from codelode.text import interning as spans
from codelode.text.interning import PADDING, number_spans, spell

# Few letters, so that pieces repeat; lengths around one, two and three lanes.
pieces = st.lists(st.text(alphabet="ab", max_size=26).map(str.encode), max_size=40)


def laid_out(found: list[bytes]) -> tuple[bytes, NDArray[np.int64], NDArray[np.int64]]:
    lengths = np.array([len(piece) for piece in found], np.int64)
    return b"".join(found) + PADDING, np.cumsum(lengths) - lengths, lengths


def numbered(found: list[bytes]) -> tuple[list[int], list[int]]:
    seen: dict[bytes, int] = {}
    numbers = [seen.setdefault(piece, len(seen)) for piece in found]
    return numbers, [found.index(piece) for piece in seen]


@given(pieces)
def test_numbers_equal_those_of_a_dictionary(found: list[bytes]) -> None:
    numbers, firsts = number_spans(*laid_out(found))
    assert (numbers.tolist(), firsts.tolist()) == numbered(found)


@pytest.mark.parametrize("factor", [0, 1, 1 << 63])
def test_a_bad_hash_costs_time_only(monkeypatch: pytest.MonkeyPatch, factor: int) -> None:
    monkeypatch.setattr(spans, "_FACTOR", np.uint64(factor))
    found = [f"{i % 7}{'x' * (i % 20)}".encode() for i in range(200)]
    numbers, firsts = number_spans(*laid_out(found))
    assert (numbers.tolist(), firsts.tolist()) == numbered(found)


def test_many_pieces_take_several_rounds() -> None:
    found = [str(i % 3000).encode() for i in range(9000)]
    numbers, firsts = number_spans(*laid_out(found))
    assert (numbers.tolist(), firsts.tolist()) == numbered(found)


@given(pieces)
def test_numbered_pieces_are_spelled_back(found: list[bytes]) -> None:
    assert spell(*laid_out(found), b"\n").split(b"\n")[:-1] == found
