"""Operations on compressed sparse rows, compared with numpy's."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codelode.text.csr import (
    are_among,
    distinct,
    group_numbers,
    group_starts,
    runs_of,
    table_rows,
)


@given(st.lists(st.integers(-5, 5)))
def test_distinct_is_unique(values: list[int]) -> None:
    array = np.array(values, np.int64)
    assert distinct(array).tolist() == np.unique(array).tolist()


@given(st.lists(st.booleans()))
def test_runs_are_those_of_a_loop(values: list[bool]) -> None:
    mask = np.array(values, bool)
    found = runs_of(mask).tolist()
    assert [value for start, stop in found for value in range(start, stop)] == [
        place for place, value in enumerate(values) if value
    ]
    assert all(stop < start for (_, stop), (start, _) in pairwise(found))


@given(st.lists(st.integers(0, 3)))
def test_groups_are_numbered_in_order(values: list[int]) -> None:
    array = np.array(values, np.int64)
    numbers = group_numbers(array)
    assert (array[group_starts(array)][numbers] == array).all()
    assert group_starts(numbers).tolist() == group_starts(array).tolist()


@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9)))
def test_rows_of_tables_are_copied_as_records(one: list[int], other: list[int]) -> None:
    table = np.zeros(10, [("a", "<u2"), ("b", "u1", (3,)), ("c", "<u8")])
    table["a"], table["c"] = np.arange(10), np.arange(10) ** 15
    picks = [np.array(each, np.int64) for each in (one, other)]
    found = table_rows([(table, picks[0]), (table[::-1].copy(), picks[1])])
    expected = table[picks[0]].tobytes() + table[::-1][picks[1]].tobytes()
    assert found.tobytes() == expected


@given(st.lists(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_values_are_found_among_others(values: list[int], others: set[int]) -> None:
    found = are_among(np.array(values, np.int64), np.array(sorted(others), np.int64))
    assert found.tolist() == [value in others for value in values]
