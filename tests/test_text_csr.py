"""Operations on compressed sparse rows, against numpy's own."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codelode.text.csr import distinct, runs_of


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
