"""The definitions of a segment: as a table, and as blocks of packed columns.

Definitions are numbered file by file, in document order. Each refers to its name by number. Each
name has a list of the chunks that define it (see `names`): for each of its definitions, the chunk
with the line on which the name is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.segment.column_codec import Column, PackedTable, fold, pack_tables, unfold
from codelode.segment.frames import Frames
from codelode.segment.schema import DEFINITION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.segment.container import SegmentFile

DEFINITIONS_PER_BLOCK = 512
COLUMNS = DEFINITION.names or ()
"""The columns of a block, in the order in which they are packed."""

Numbers = NDArray[np.uint32]
"""Numbers of which many are kept in memory."""

NAME, OWNER, KIND, FLAGS, START, MORE, LINE, PARENT = range(len(COLUMNS))
"""The places of these columns. Names and start lines are packed as differences."""


def max_record_bytes(per: int) -> int:
    """Return the most bytes that a block of `per` definitions can have."""
    return len(COLUMNS) * (1 + 4 * per)


MAX_RECORD_BYTES = max_record_bytes(DEFINITIONS_PER_BLOCK)


class ChunkFinder:
    """Finds the chunks of a segment that define names, with memory for one batch at a time."""

    def __init__(self, files: NDArray[np.void], chunks: NDArray[np.void]) -> None:
        """Take the tables `files` and `chunks` of the segment."""
        self._owners = np.repeat(np.arange(len(files), dtype=np.uint16), files["definitions"])
        ends = chunks["start_line"].astype(np.int64) + chunks["more_lines"]
        # An ascending number for each chunk: its file in the upper bits, its last line below.
        self._ends = chunks["file"].astype(np.int64) << 32 | ends
        self._last = files["first_chunk"].astype(np.int64) + files["chunks"] - 1

    def pairs(self, rows: NDArray[np.void], first: int = 0) -> NDArray[np.int64]:
        """Return `name number << 32 | chunk` for each definition, int64[n].

        The chunk is the first that holds the line of the name. `first` is the number of the first
        definition of `rows`.
        """
        owners = self._owners[first : first + len(rows)].astype(np.int64)
        lines = rows["start_line"].astype(np.int64) + rows["name_line"]
        found = np.minimum(self._ends.searchsorted(owners << 32 | lines), self._last[owners])
        pairs: NDArray[np.int64] = rows["name"].astype(np.int64) << 32 | found
        return pairs


def definition_records(rows: NDArray[np.void], per: int | None = None) -> list[bytes]:
    """Return blocks of definitions, not yet compressed, with `per` definitions in each.

    If `per` is None, the blocks are as large as in a segment.
    """
    per = per or DEFINITIONS_PER_BLOCK
    columns = {name: rows[name].astype(np.int64) for name in COLUMNS}
    names, starts = columns["name"], columns["start_line"]
    ends = starts + columns["more_lines"]
    before = np.where(columns["parent"][1:] == 1, starts[:-1], ends[:-1])
    columns["name"] = _steps(names, names[:-1], per)
    columns["start_line"] = _steps(starts, before, per)
    return pack_tables(list(columns.values()), per)


def _steps(values: Column, before: Column, per: int) -> Column:
    """Return the folded differences of values from `before`, in blocks of `per` values.

    Value i + 1 becomes its difference from `before[i]`. The first value of each block is folded as
    it is.
    """
    differences = values.copy()
    differences[1:] -= before
    differences[::per] = values[::per]
    return fold(differences)


def unpack_block(record: bytes, count: int) -> Numbers:
    """Return a block of `count` definitions, uint32[count, 8]: a row each, in order of `COLUMNS`.

    Raises `ValueError` if the block is invalid.
    """
    table = PackedTable(record, 0, len(COLUMNS), count)
    if table.end != len(record):
        raise ValueError("there is more after the last column")
    rows = table.numbers()
    rows[:, NAME] = np.cumsum(unfold(rows[:, NAME].astype(np.int64)))
    steps = unfold(rows[:, START].astype(np.int64))
    steps[1:] += rows[:-1, MORE] * (rows[1:, PARENT] != 1)
    rows[:, START] = np.cumsum(steps)
    return rows


def read_rows(file: SegmentFile, total: int, per: int | None = None) -> Iterator[NDArray[np.void]]:
    """Yield all `total` definitions of a segment, block by block, `per` in each.

    Raises `DamagedError`, or `ValueError` for a forged table.
    """
    per = per or DEFINITIONS_PER_BLOCK
    frames = Frames(file, "definitions", "definition_blocks")
    for number, first in enumerate(range(0, total, per)):
        rows = np.zeros(min(per, total - first), DEFINITION)
        numbers = unpack_block(frames.read(number, max_record_bytes(per)), len(rows))
        for name, column in zip(COLUMNS, numbers.T, strict=True):
            rows[name] = column
        yield rows
