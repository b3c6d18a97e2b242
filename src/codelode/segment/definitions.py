"""The definitions of a segment as a table, and its sections.

Definitions are numbered file by file, in document order. A definition has the number of its name; a
name has the chunks that hold the names of its definitions (see `names`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, compress, repeat
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.lazy import cached_property
from codelode.segment.column_codec import (
    Column,
    add_up,
    open_column,
    open_columns,
    pack_column,
    steps,
)
from codelode.segment.frames import Frames, frame_sections
from codelode.segment.names import Names, clean_names, name_sections, sorted_names
from codelode.segment.schema import DECLARATION, DEFINITION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codelode.segment.container import Piece, SegmentFile
    from codelode.types import Definition

DEFINITIONS_PER_BLOCK = 512
COLUMNS = DEFINITION.names or ()
"""In the order in which they are packed."""

STEPPED = "start_line"
"""Packed as steps from the definition before, and from 0 at the first of a block."""

MAX_RECORD_BYTES = len(COLUMNS) * (1 + 4 * DEFINITIONS_PER_BLOCK)


@dataclass(frozen=True, slots=True)
class DefinitionTable:
    """Names, each once, and rows of `schema.DEFINITION`, file by file."""

    names: list[bytes]
    rows: NDArray[np.void]


def definition_table(
    files: Sequence[Sequence[Definition]], kinds: dict[str, int]
) -> DefinitionTable:
    """Make a table of the definitions of some files; add new kinds to `kinds`.

    Invalid lines and parents are replaced by the nearest valid ones.
    """
    flat = [each for definitions in files for each in definitions]
    rows = np.zeros(len(flat), DEFINITION)
    if not flat:
        return DefinitionTable([], rows)
    texts, kind_names, starts, ends, name_lines, parents, declared, owners = zip(*flat, strict=True)
    own, other = clean_names(texts), clean_names(owners) if any(owners) else []
    names = list(dict.fromkeys(chain(own, filter(None, other))))
    numbers = dict(zip(names, range(1, len(names) + 1), strict=True))
    rows["name"] = np.fromiter(map(numbers.__getitem__, own), np.int64) - 1
    if other:
        rows["owner"] = [numbers[name] if name else 0 for name in other]
    for kind in dict.fromkeys(kind_names):
        kinds.setdefault(kind, len(kinds) + 1)
    rows["kind"] = np.fromiter(map(kinds.__getitem__, kind_names), np.int64)
    rows["flags"] = np.where(declared, DECLARATION, 0)
    first = np.array(starts)
    last = np.maximum(first, ends)
    rows["start_line"], rows["more_lines"] = first, last - first
    rows["name_line"] = np.clip(name_lines, first, last) - first
    places = np.concatenate([np.arange(len(definitions)) for definitions in files])
    inside = np.array(parents)
    rows["parent"] = np.where((inside >= 0) & (inside < places), places - inside, 0)
    return DefinitionTable(names, rows)


def definition_sections(
    table: DefinitionTable, files: NDArray[np.void], chunks: NDArray[np.void]
) -> dict[str, Iterable[Piece]]:
    """Return the sections of a segment that hold a table; `files` and `chunks` are its tables."""
    return {
        **frame_sections("definitions", "definition_blocks", definition_records(table.rows)),
        **name_sections(table.names, defining_chunks(table.rows, files, chunks)),
    }


def defining_chunks(
    rows: NDArray[np.void], files: NDArray[np.void], chunks: NDArray[np.void]
) -> NDArray[np.int64]:
    """Return int64[n, 2]: the name of each definition, and the first chunk with its name line."""
    owners = np.repeat(np.arange(len(files)), files["definitions"])
    lines = rows["start_line"].astype(np.int64) + rows["name_line"]
    ends = chunks["start_line"].astype(np.int64) + chunks["more_lines"]
    # A file and a line as one number; both tables are in this order.
    found = (chunks["file"].astype(np.int64) << 32 | ends).searchsorted(owners << 32 | lines)
    last = files["first_chunk"].astype(np.int64) + files["chunks"] - 1
    return np.column_stack((rows["name"].astype(np.int64), np.minimum(found, last[owners])))


def definition_records(rows: NDArray[np.void]) -> Iterator[bytes]:
    """Yield the blocks of definitions, not yet compressed."""
    columns = {name: rows[name].astype(np.int64) for name in COLUMNS}
    for first in range(0, len(rows), DEFINITIONS_PER_BLOCK):
        piece = slice(first, first + DEFINITIONS_PER_BLOCK)
        block = {name: column[piece] for name, column in columns.items()}
        block[STEPPED] = steps(block[STEPPED])
        yield b"".join(pack_column(block[name]) for name in COLUMNS)


class DefinitionBlock:
    """Up to `DEFINITIONS_PER_BLOCK` definitions; columns are unpacked when asked for."""

    def __init__(self, record: bytes, count: int) -> None:
        """Open a block of `count` definitions. Raises `ValueError` if it is invalid."""
        opened = open_columns(record, 0, [count] * len(COLUMNS))
        self._columns = dict(zip(COLUMNS, opened, strict=True))

    def column(self, name: str) -> Column:
        """Return a column, int64[count]."""
        values = self._columns[name].array()
        return add_up(values) if name == STEPPED else values

    @cached_property
    def start_lines(self) -> Column:
        """The first lines, from 1."""
        return self.column("start_line")

    @cached_property
    def end_lines(self) -> Column:
        """The last lines."""
        return self.start_lines + self.column("more_lines")

    @cached_property
    def names(self) -> Column:
        """The numbers of the names."""
        return self.column("name")

    def value(self, name: str, place: int) -> int:
        """Return one value of a column other than `start_line`."""
        return self._columns[name].value(place)


def kinds_of_record(record: bytes, count: int) -> Column:
    """Return the kinds of the `count` definitions of a block, int64[count], opening little else.

    Raises `ValueError` if it is no block.
    """
    at = 0
    for name in COLUMNS:
        column = open_column(record, at, count)
        if name == "kind":
            return column.array()
        at = column.end
    raise ValueError("a block without kinds")


def read_table(file: SegmentFile, total: int) -> DefinitionTable:
    """Return all `total` definitions of a segment.

    Raises `DamagedError`, or `ValueError` for a forged table.
    """
    rows = np.zeros(total, DEFINITION)
    frames = Frames(file, "definitions", "definition_blocks")
    for number, first in enumerate(range(0, total, DEFINITIONS_PER_BLOCK)):
        piece = rows[first : first + DEFINITIONS_PER_BLOCK]
        block = DefinitionBlock(frames.read(number, MAX_RECORD_BYTES), len(piece))
        for name in COLUMNS:
            piece[name] = block.column(name)
    names = [name for block in Names(file, total).blocks() for name in block.names]
    return DefinitionTable(names, rows)


def merge_tables(
    names: Sequence[Sequence[bytes]], rows: Sequence[NDArray[np.void]]
) -> DefinitionTable:
    """Concatenate tables, renumbering their names; unused names are dropped.

    Changes the rows in place.
    """
    used = [_used(known, mine) for known, mine in zip(names, rows, strict=True)]
    merged = sorted_names(chain.from_iterable(used))
    place = dict(zip(merged, range(1, len(merged) + 1), strict=True))
    for known, mine in zip(names, rows, strict=True):
        new = np.array([0, *map(place.get, known, repeat(0))], np.int64)
        mine["name"] = new[mine["name"] + np.int64(1)] - 1
        mine["owner"] = new[mine["owner"]]
    return DefinitionTable(merged, np.concatenate(rows))


def _used(names: Sequence[bytes], rows: NDArray[np.void]) -> Iterable[bytes]:
    """Return the names that occur in some row."""
    marks = np.zeros(len(names) + 1, bool)
    marks[rows["owner"]] = True
    marks[rows["name"] + np.int64(1)] = True
    return names if marks[1:].all() else compress(names, marks[1:].tolist())
