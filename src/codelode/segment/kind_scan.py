"""Finds the definitions of some kinds in all blocks of a table, unpacking only two columns.

The table does not say which blocks have definitions of which kinds, so all blocks are decompressed.
The blocks with wanted kinds are unpacked many at a time, because numpy takes about as long for a
dozen blocks as for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from codelode.segment.column_codec import Column, unfold
from codelode.segment.definitions import COLUMNS, DEFINITIONS_PER_BLOCK

_NAME, _KIND = COLUMNS.index("name"), COLUMNS.index("kind")
_TOGETHER = 256
"""Blocks that are unpacked at once: a megabyte of numbers."""


def of_kinds(records: Iterable[bytes], total: int, kinds: bytes) -> Iterator[tuple[Column, Column]]:
    """Yield numbers of definitions of some kinds, ascending, and the numbers of their names.

    `records` are all blocks of a table of `total` definitions, in order; each byte of `kinds` is
    the number of a kind. Raises `ValueError` for an invalid block.
    """
    pending: dict[tuple[int, int], list[tuple[int, bytes, bytes]]] = {}
    for block, record in enumerate(records):
        first = block * DEFINITIONS_PER_BLOCK
        rows = min(DEFINITIONS_PER_BLOCK, total - first)
        widths = record[: len(COLUMNS)]
        if len(COLUMNS) + sum(widths) * rows != len(record) or widths[_KIND] > 1:
            raise ValueError("a block of definitions has the wrong size")
        begin = len(COLUMNS) + sum(widths[:_KIND]) * rows
        column = record[begin : begin + rows]
        if widths[_KIND] and len(column.translate(None, kinds)) < rows:
            names = record[len(COLUMNS) : len(COLUMNS) + widths[_NAME] * rows]
            pending.setdefault((rows, widths[_NAME]), []).append((first, column, names))
        if block % _TOGETHER == _TOGETHER - 1 and pending:
            yield _unpacked(pending, kinds)
            pending = {}
    if pending:
        yield _unpacked(pending, kinds)


def _unpacked(
    pending: dict[tuple[int, int], list[tuple[int, bytes, bytes]]], kinds: bytes
) -> tuple[Column, Column]:
    """Return the numbers of the definitions of some kinds, and of their names.

    `pending` maps each shape (rows, bytes per number of a name) to the blocks of this shape. A
    block is given by the number of its first definition, its column of kinds, and its packed
    column of names.
    """
    wanted = np.zeros(256, bool)
    wanted[list(kinds)] = True
    numbers: list[Column] = []
    names: list[Column] = []
    for (rows, width), blocks in pending.items():
        firsts, columns, packed = zip(*blocks, strict=True)
        block, place = wanted[_octets(columns).reshape(len(blocks), rows)].nonzero()
        numbers.append(np.array(firsts, np.int64)[block] + place)
        planes = _octets(packed).reshape(len(blocks), width, rows).astype(np.int64)
        steps = np.zeros((len(blocks), rows), np.int64)
        for plane in range(width):
            steps |= planes[:, plane] << 8 * plane
        names.append(unfold(steps).cumsum(axis=1)[block, place])
    order = np.argsort(np.concatenate(numbers))
    return np.concatenate(numbers)[order], np.concatenate(names)[order]


def _octets(parts: Iterable[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(parts), np.uint8)
