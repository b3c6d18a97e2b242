"""The definitions of a segment: as a table, and as blocks of packed columns.

Definitions are numbered file by file, in document order. Each refers to its name by number. Each
name has a list of the chunks that define it. Such a chunk holds the line that has the name in one
of the name's definitions (see `names`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.lazy import cached_property
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

STEPPED = ("name", "start_line")
"""The columns that are packed as differences from an earlier number."""

_PLACES = {name: place for place, name in enumerate(COLUMNS)}


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


class DefinitionBlock:
    """Up to `DEFINITIONS_PER_BLOCK` definitions; columns are unpacked when asked for."""

    def __init__(self, record: bytes, count: int) -> None:
        """Open a block of `count` definitions. Raises `ValueError` if it is invalid."""
        self._table = PackedTable(record, 0, len(COLUMNS), count)
        if self._table.end != len(record):
            raise ValueError("there is more after the last column")

    def column(self, name: str) -> Column | Numbers:
        """Return a column, int64[count] or uint32[count]."""
        if name in STEPPED:
            return self.names if name == "name" else self.start_lines
        return self._packed(name)

    def _packed(self, name: str) -> Column:
        return self._table.column(_PLACES[name])

    @cached_property
    def start_lines(self) -> Numbers:
        """The first lines, from 1: uint32[count]."""
        steps = unfold(self._packed("start_line"))
        more, parents = self._packed("more_lines"), self._packed("parent")
        steps[1:] += more[:-1] * (parents[1:] != 1)
        return np.cumsum(steps).astype(np.uint32)

    @cached_property
    def end_lines(self) -> Numbers:
        """The last lines, uint32[count]."""
        return (self.start_lines + self._packed("more_lines")).astype(np.uint32)

    @cached_property
    def names(self) -> Numbers:
        """The numbers of the names, uint32[count]."""
        return np.cumsum(unfold(self._packed("name"))).astype(np.uint32)

    def value(self, name: str, place: int) -> int:
        """Return one value of a column that is not in `STEPPED`."""
        return self._table.value(_PLACES[name], place)

    def rows(self, places: NDArray[np.int64]) -> Iterator[tuple[int, ...]]:
        """Yield some rows in the order of `COLUMNS`, the stepped columns as they are packed."""
        return self._table.rows(places)


def read_rows(file: SegmentFile, total: int, per: int | None = None) -> Iterator[NDArray[np.void]]:
    """Yield all `total` definitions of a segment, block by block, `per` in each.

    Raises `DamagedError`, or `ValueError` for a forged table.
    """
    per = per or DEFINITIONS_PER_BLOCK
    frames = Frames(file, "definitions", "definition_blocks")
    for number, first in enumerate(range(0, total, per)):
        rows = np.zeros(min(per, total - first), DEFINITION)
        block = DefinitionBlock(frames.read(number, max_record_bytes(per)), len(rows))
        for name in COLUMNS:
            rows[name] = block.column(name)
        yield rows
