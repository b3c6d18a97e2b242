"""Compressed sparse rows: row i of a flat array lies at `[starts[i], starts[i+1])`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def group_starts(values: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return the index at which each run of equal values begins."""
    differs = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=differs[1:])
    return np.flatnonzero(differs)


def ranges(begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate `arange(begin, begin + length)` over all pairs; all arrays are int64."""
    if not lengths.all():
        begins, lengths = begins[lengths > 0], lengths[lengths > 0]
    if not len(begins):
        return np.zeros(0, np.int64)
    # A running sum of steps takes a fifth of the time of `np.repeat` and `np.arange`.
    ends = np.cumsum(lengths)
    steps = np.ones(ends[-1], np.int64)
    steps[0] = begins[0]
    steps[ends[:-1]] = begins[1:] - begins[:-1] - lengths[:-1] + 1
    return np.cumsum(steps, out=steps)


def distinct(values: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return each value once, ascending, like `np.unique`, which imports more than needed."""
    ordered = np.sort(values).astype(np.int64)
    return ordered[group_starts(ordered)]


def runs_of(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the start and the end of each run of true values, int64[n, 2]."""
    return np.flatnonzero(np.diff(mask, prepend=False, append=False)).reshape(-1, 2)
