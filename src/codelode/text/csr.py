"""Compressed sparse rows: row i of a flat array lies at `[starts[i], starts[i+1])`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence


def group_starts(values: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return the index at which each run of equal values begins."""
    differs = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=differs[1:])
    return np.flatnonzero(differs)


def group_numbers(values: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return for each value the number of its run of equal values, counted from 0: int64[n]."""
    differs = np.zeros(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=differs[1:])
    return np.cumsum(differs, dtype=np.int64)


def ranges(begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate `arange(begin, begin + length)` for each begin and its length; all are int64."""
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


def are_among(values: NDArray[np.integer], ordered: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return which values are in the ascending array `ordered`: bool[n].

    If `ordered` is short, this is faster than `np.isin`.
    """
    if not len(ordered):
        return np.zeros(len(values), np.bool_)
    found: NDArray[np.bool_] = ordered.take(ordered.searchsorted(values), mode="clip") == values
    return found


def joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Concatenate at least one array; a single array is returned as it is, not copied."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def table_rows(
    tables: Sequence[tuple[NDArray[np.void], NDArray[np.integer]]],
) -> NDArray[np.void]:
    """Return copies of the given rows of each table, end to end; all tables have one dtype.

    Rows are copied as bytes, which is several times as fast as copying records.
    """
    dtype = tables[0][0].dtype
    octets = [
        table.view(np.uint8).reshape(-1, dtype.itemsize).take(rows, axis=0)
        for table, rows in tables
    ]
    records: NDArray[np.void] = joined(octets).view(dtype)[:, 0]
    return records


def runs_of(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the start and the end of each run of true values, int64[n, 2]."""
    return np.flatnonzero(np.diff(mask, prepend=False, append=False)).reshape(-1, 2)
