"""Columns of small numbers as bytes: in planes, so that a compressor sees which bytes are zero.

A table of n rows begins with the number of planes (0 to 4) of each column, a byte each. The planes
of all columns follow, n bytes each: for each column the lowest byte of each number, then the next.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 4

Column = NDArray[np.int64]


def fold(differences: Column) -> Column:
    """Zigzag-encode numbers: 0, -1, 1, -2 become 0, 1, 2, 3."""
    folded: Column = (differences << 1) ^ (differences >> 63)
    return folded


def unfold(folded: Column) -> Column:
    """Invert `fold`."""
    return (folded >> 1) ^ -(folded & 1)


def pack_tables(columns: Sequence[Column], per: int) -> list[bytes]:
    """Pack columns of numbers in [0, 2^32) as tables of `per` rows; the last may have fewer."""
    firsts = range(0, len(columns[0]), per)
    widths = [_widths(values, firsts) for values in columns]
    planes = [_planes(values) for values in columns]
    tables = []
    for number, first in enumerate(firsts):
        mine = [each[number] for each in widths]
        parts = [bytes(mine)]
        for width, octets in zip(mine, planes, strict=True):
            parts.append(octets[:width, first : first + per].tobytes())
        tables.append(b"".join(parts))
    return tables


def pack_column(values: Column) -> bytes:
    """Pack numbers in [0, 2^32) as a table of one column."""
    return pack_tables([values], len(values))[0] if len(values) else b"\0"


def _widths(values: Column, firsts: range) -> list[int]:
    """Return the bytes per value that each table needs; `firsts` are the tables' first rows."""
    most = np.maximum.reduceat(values, firsts).tolist() if firsts else []
    return [(largest.bit_length() + 7) // 8 for largest in most]


def _planes(values: Column) -> NDArray[np.uint8]:
    """Return the bytes of each number, the lowest first: uint8[4, n]."""
    return np.ascontiguousarray(values.astype("<u4").view(np.uint8).reshape(-1, _WIDTH).T)


class PackedTable:
    """A packed table of `rows` rows in `data`, from the offset `at` to `end`."""

    def __init__(self, data: bytes, at: int, columns: int, rows: int) -> None:
        """Open a table. Raises `ValueError` if it is cut short or a column has too many planes."""
        widths = data[at : at + columns]
        self._ends = [0, *accumulate(widths)]
        self._data, self._begin, self._rows = data, at + columns, rows
        planes = self._ends[-1]
        self.end = self._begin + planes * rows
        if len(widths) < columns or max(widths) > _WIDTH or self.end > len(data):
            raise ValueError("a column is cut short")
        octets = np.frombuffer(data, np.uint8, planes * rows, self._begin)
        self._planes = octets.reshape(planes, rows)

    def column(self, number: int) -> Column:
        """Return a column, int64[rows]."""
        planes = self._planes[self._ends[number] : self._ends[number + 1]]
        if not len(planes):
            return np.zeros(self._rows, np.int64)
        values: Column = planes[0].astype(np.int64)
        for i in range(1, len(planes)):
            values |= planes[i].astype(np.int64) << 8 * i
        return values

    def numbers(self) -> NDArray[np.uint32]:
        """Return all columns, uint32[rows, columns]."""
        octets = np.zeros((self._rows, _WIDTH * (len(self._ends) - 1)), np.uint8)
        places = [
            _WIDTH * column + plane
            for column, (begin, end) in enumerate(pairwise(self._ends))
            for plane in range(end - begin)
        ]
        octets[:, places] = self._planes.T
        return octets.view("<u4")
