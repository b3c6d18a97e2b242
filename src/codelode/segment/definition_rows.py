"""The definitions of a segment by file and line, without their names.

A lookup reads only the blocks that hold the definitions.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from codelode.lazy import cached_property
from codelode.lru import LruCache
from codelode.segment.definitions import (
    DEFINITIONS_PER_BLOCK,
    KIND,
    MAX_RECORD_BYTES,
    MORE,
    NAME,
    PARENT,
    START,
    Numbers,
    unpack_block,
)
from codelode.segment.frames import Frames
from codelode.segment.kind_scan import of_kinds
from codelode.segment.schema import DECLARATION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from codelode.segment.column_codec import Column
    from codelode.segment.container import SegmentFile

_BLOCKS: LruCache[tuple[int, int], Numbers] = LruCache(512)
"""The blocks used last, of all segments that the process reads: up to 8 MB."""


class DefinitionRow(NamedTuple):
    """A definition without its name, which is in a block of names.

    `place` is its place among the definitions of its file, `parent` the place of the enclosing
    definition, or -1. `name` is the number of its name; `owner` is 1 + the number of its owner's
    name, or 0 without an owner.
    """

    place: int
    start_line: int
    end_line: int
    name_line: int
    kind: str
    parent: int
    declaration: bool
    name: int
    owner: int


_new_row = partial(tuple.__new__, DefinitionRow)  # faster than `DefinitionRow(...)`


class DefinitionRows:
    """The rows of the definitions of one segment; definitions are numbered file by file.

    Every method may raise `DamagedError`; for a forged segment also `LookupError` or `ValueError`.
    """

    def __init__(self, file: SegmentFile, files: NDArray[np.void], kinds: Sequence[str]) -> None:
        """Take the table `files` of the segment."""
        self._files = files
        self._kinds = kinds
        self._frames = Frames(file, "definitions", "definition_blocks")

    @cached_property
    def firsts(self) -> Column:
        """The number of the first definition of each file; the last item counts all definitions."""
        total = self._files["definitions"].sum(dtype=np.int64)
        return np.append(self._files["first_definition"].astype(np.int64), total)

    @property
    def total(self) -> int:
        """The number of definitions."""
        return int(self.firsts[-1])

    def numbers(self, file: int) -> range:
        """Return the numbers of the definitions of a file."""
        first, stop = self.firsts[file : file + 2].tolist()
        return range(first, stop)

    def files_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the file of each definition, int64[n]."""
        return self.firsts[:-1].searchsorted(numbers, side="right") - 1

    def pieces(self, file: int) -> Iterator[tuple[Numbers, int]]:
        """Yield the definitions of a file in pieces, one per block, as rows of `unpack_block`.

        Each piece comes with the number of its first definition.
        """
        numbers = self.numbers(file)
        at = numbers.start
        while at < numbers.stop:
            start = at % DEFINITIONS_PER_BLOCK
            stop = min(DEFINITIONS_PER_BLOCK, start + numbers.stop - at)
            yield self._block(at // DEFINITIONS_PER_BLOCK)[start:stop], at
            at += stop - start

    def value(self, number: int, column: int) -> int:
        """Return a value of a definition. Raises `LookupError` if there is no such definition."""
        block, at = divmod(number, DEFINITIONS_PER_BLOCK)
        return int(self._block(block)[at, column])

    def row(self, number: int) -> tuple[int, DefinitionRow]:
        """Return the file of a definition and its row. Raises `LookupError` if there is none."""
        block, at = divmod(number, DEFINITIONS_PER_BLOCK)
        found = self._block(block)[at].tolist()
        file = int(self.files_of(np.array([number]))[0])
        (row,) = self._rows([number - int(self.firsts[file])], [found])
        return file, row

    def of_file(self, file: int) -> list[DefinitionRow]:
        """Return the definitions of a file, in document order."""
        return self.on_lines(file, 0, 1 << 32)

    def on_lines(self, file: int, first: int, last: int) -> list[DefinitionRow]:
        """Return the definitions that hold any line from `first` to `last`, in document order."""
        rows: list[DefinitionRow] = []
        place = 0  # how many definitions of the file come before this piece
        for piece, _ in self.pieces(file):
            starts = piece[:, START]
            inside = ((starts <= last) & (starts + piece[:, MORE] >= first)).nonzero()[0]
            if len(inside):
                rows += self._rows((inside + place).tolist(), piece.take(inside, axis=0).tolist())
            place += len(piece)
        return rows

    def enclosing(self, number: int) -> Iterator[int]:
        """Yield the numbers of the definitions that enclose a definition, from the inside out."""
        while True:
            back = self.value(number, PARENT)
            if not back:
                return
            number -= back
            if number < 0:
                raise LookupError("a definition lies in one that is not there")
            yield number

    @property
    def blocks(self) -> int:
        """The number of blocks."""
        return len(self._frames)

    def has_kinds(self, file: int, kinds: Collection[str]) -> bool:
        """Return whether a file has a definition of any of `kinds`; read only the file's blocks."""
        wanted = self._wanted(kinds)
        if not wanted.any():
            return False
        return any(wanted[piece[:, KIND]].any() for piece, _ in self.pieces(file))

    def of_kinds(self, kinds: Collection[str]) -> Iterator[tuple[Column, Column]]:
        """Yield numbers of definitions of some kinds, ascending, and numbers of their names.

        Reads all blocks; each pair of arrays, int64[n], covers several blocks.
        """
        wanted = bytes(np.flatnonzero(self._wanted(kinds)).tolist())
        records = (self._frames.read(each, MAX_RECORD_BYTES) for each in range(self.blocks))
        return of_kinds(records, self.total, wanted) if wanted else iter(())

    def of_files(self, files: NDArray[np.int64]) -> tuple[Column, Column]:
        """Return the numbers of the definitions of some files, and the numbers of their names.

        Both are int64[n]; the former ascend, as `files` must. Reads only the blocks of these files.
        """
        firsts, counts = self.firsts[files], self.firsts[files + 1] - self.firsts[files]
        before = counts.cumsum() - counts
        numbers = np.repeat(firsts - before, counts) + np.arange(counts.sum())
        blocks, at = np.divmod(numbers, DEFINITIONS_PER_BLOCK)
        names = np.zeros(len(numbers), np.int64)
        starts = np.flatnonzero(np.diff(blocks, prepend=-1)).tolist()
        for start, stop in pairwise((*starts, len(numbers))):
            names[start:stop] = self._block(int(blocks[start]))[at[start:stop], NAME]
        return numbers, names

    def _wanted(self, kinds: Collection[str]) -> NDArray[np.bool_]:
        """Return a mask of the numbers of the wanted kinds, bool[256]."""
        wanted = np.zeros(256, bool)
        wanted[[number for number, kind in enumerate(self._kinds, 1) if kind in kinds]] = True
        return wanted

    def _block(self, number: int) -> Numbers:
        key = self._frames.key, number
        block = _BLOCKS.get(key)
        if block is None:
            block = self._read(number)
            _BLOCKS.put(key, block)
        return block

    def _read(self, number: int) -> Numbers:
        first = number * DEFINITIONS_PER_BLOCK
        stop = min(first + DEFINITIONS_PER_BLOCK, self.total)
        return unpack_block(self._frames.read(number, MAX_RECORD_BYTES), stop - first)

    def _rows(
        self, places: Sequence[int], rows: Sequence[tuple[int, ...]]
    ) -> Iterator[DefinitionRow]:
        """Yield definitions, given their places in the file and their rows in blocks."""
        for place, (name, owner, kind, flags, start, more, line, back) in zip(
            places, rows, strict=True
        ):
            yield _new_row(
                (
                    place,
                    start,
                    start + more,
                    start + line,
                    self._kinds[kind - 1],
                    place - back if back else -1,
                    bool(flags & DECLARATION),
                    name,
                    owner,
                )
            )
