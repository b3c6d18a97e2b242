"""Columns of small numbers as bytes: in planes, so that a compressor sees which bytes are zero.

A column of n numbers below 2^32 is a byte with the number of its planes (0 to 4), then the planes:
the lowest byte of each number, then the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 4

Column = NDArray[np.int64]


def steps(values: Column) -> Column:
    """Return the differences between consecutive numbers, the first from 0, zigzag-encoded.

    Zigzag encoding turns 0, -1, 1, -2 into 0, 1, 2, 3.
    """
    differences = np.diff(values, prepend=0)
    folded: Column = (differences << 1) ^ (differences >> 63)
    return folded


def add_up(folded: Column) -> Column:
    """Invert `steps`."""
    return np.cumsum((folded >> 1) ^ -(folded & 1))


def pack_column(values: Column) -> bytes:
    """Pack numbers in [0, 2^32)."""
    planes = (int(values.max(initial=0)).bit_length() + 7) // 8
    octets = values.astype("<u4").view(np.uint8).reshape(-1, _WIDTH)
    return bytes([planes]) + octets[:, :planes].T.tobytes()


class PackedColumn(NamedTuple):
    """A column of `length` numbers in `data`, whose planes begin at `start`."""

    data: bytes
    start: int
    planes: int
    length: int

    @property
    def end(self) -> int:
        """The offset after the column."""
        return self.start + self.planes * self.length

    def array(self) -> Column:
        """Return all numbers, int64[length]."""
        octets = np.frombuffer(self.data, np.uint8, self.planes * self.length, self.start)
        if self.planes == 1:
            return octets.astype(np.int64)
        values = np.zeros(self.length, np.int64)
        for plane, column in enumerate(octets.reshape(self.planes, self.length)):
            values |= column.astype(np.int64) << 8 * plane
        return values

    def value(self, place: int) -> int:
        """Return one number. Raises `LookupError` beyond the last."""
        if not 0 <= place < self.length:
            raise LookupError(f"there is no row {place} in a column of {self.length}")
        places = range(self.start + place, self.end, self.length)
        return sum(self.data[at] << 8 * plane for plane, at in enumerate(places))


def open_column(data: bytes, at: int, count: int) -> PackedColumn:
    """Open the column of `count` numbers at an offset. Raises `ValueError` if it is invalid."""
    if at < len(data):
        column = PackedColumn(data, at + 1, data[at], count)
        if column.planes <= _WIDTH and column.end <= len(data):
            return column
    raise ValueError("a column is cut short")


def open_columns(data: bytes, at: int, counts: Sequence[int]) -> list[PackedColumn]:
    """Open all columns from an offset on. Raises `ValueError` if they do not end with `data`."""
    columns = []
    for count in counts:
        columns.append(open_column(data, at, count))
        at = columns[-1].end
    if at != len(data):
        raise ValueError("there is more after the last column")
    return columns
