"""Definitions of a segment by file, by line and by name, reading only the blocks that hold them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from codelode.lazy import cached_property
from codelode.lru import LruCache
from codelode.segment.definitions import (
    DEFINITIONS_PER_BLOCK,
    MAX_RECORD_BYTES,
    DefinitionBlock,
    kinds_of_record,
)
from codelode.segment.frames import Frames
from codelode.segment.names import Names, clean_name, name_key
from codelode.segment.schema import DECLARATION
from codelode.text.csr import distinct
from codelode.types import Definition

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from codelode.segment.column_codec import Column
    from codelode.segment.container import SegmentFile

    FileFilter = Callable[[NDArray[np.int64]], NDArray[np.int64]]
    """Returns those of some rows of files, ascending, that are wanted."""

_CACHED_BLOCKS = 16
JOINABLE = re.compile(r"[\w$-]+")
"""Names whose words may be joined in another way: not `~Foo`, `foo?`, `operator==`."""


class DefinitionRecord(NamedTuple):
    """A definition, the row of its file, and its place among the definitions of that file."""

    file: int
    place: int
    definition: Definition


class DefinitionLookup:
    """Lookups of the definitions of one segment, including those of dead files.

    Every method may raise `DamagedError`; for a forged segment also `LookupError` or `ValueError`
    (see `Snapshot.damage_explained`).
    """

    def __init__(
        self,
        file: SegmentFile,
        files: NDArray[np.void],
        chunks: NDArray[np.void],
        kinds: Sequence[str],
    ) -> None:
        """Take the tables `files` and `chunks` of the segment."""
        self._file = file
        self._files = files
        self._chunks = chunks
        self.kinds = kinds
        """The kinds of definitions and chunks; both refer to them by 1-based numbers."""
        self._frames = Frames(file, "definitions", "definition_blocks")
        self._blocks: LruCache[int, DefinitionBlock] = LruCache(_CACHED_BLOCKS)

    def of_file(self, file: int) -> list[Definition]:
        """Return the definitions of a file, in document order."""
        return [each.definition for each in self.records_of_file(file)]

    def records_of_file(self, file: int) -> list[DefinitionRecord]:
        """Return the definitions of a file with their places, in document order."""
        return [self.record(number) for number in self._numbers(file)]

    def innermost(self, file: int, line: int) -> DefinitionRecord | None:
        """Return the definition with the fewest lines that holds a line (from 1), or None.

        Among equally long ones, the most deeply nested wins; among these, the first.
        """
        best: tuple[int, int, int] | None = None
        for block, piece, first in self._pieces(file):
            starts, ends = block.start_lines[piece], block.end_lines[piece]
            for place in np.flatnonzero((starts <= line) & (line <= ends)).tolist():
                number = first + place
                depth = sum(1 for _ in self._enclosing(number))
                rank = int(ends[place] - starts[place]), -depth, number
                best = min(best or rank, rank)
        return self.record(best[-1]) if best else None

    def overlapping(self, file: int, first: int, last: int) -> list[DefinitionRecord]:
        """Return the definitions that hold any line from `first` to `last`, in document order."""
        numbers: list[int] = []
        for block, piece, start in self._pieces(file):
            inside = (block.start_lines[piece] <= last) & (block.end_lines[piece] >= first)
            numbers += (np.flatnonzero(inside) + start).tolist()
        return [self.record(number) for number in numbers]

    def named(self, name: str, wanted: FileFilter | None = None) -> list[DefinitionRecord]:
        """Return the definitions whose names have the key of `name`, in the order of their names.

        Such names differ from it at most in case and in separators: see `names`. `wanted` selects
        files.
        """
        return [
            self.record(first + place)
            for number in self._names.having(_key(name))
            for file in self._files_defining(number, wanted).tolist()
            for block, piece, first in self._pieces(file)
            for place in np.flatnonzero(block.names[piece] == number).tolist()
        ]

    def alike(self, name: str) -> list[tuple[int, str, Column]]:
        """Return the names with the key of `name`: number, text, and the chunks that define it."""
        return [
            (number, _text(self._names.name(number)), self._names.chunks(number))
            for number in self._names.having(_key(name))
        ]

    def definers(self, number: int, file: int, first: int, last: int) -> list[DefinitionRecord]:
        """Return the definitions of a file by the number of their name, named in some lines."""
        records = [
            self.record(start + place)
            for block, piece, start in self._pieces(file)
            for place in np.flatnonzero(block.names[piece] == number).tolist()
        ]
        return [each for each in records if first <= each.definition.name_line <= last]

    def chunks_defining(self, name: str, joined: bool = False) -> Column:
        """Return the chunks that define a name, ignoring case: ordinals int64[n], ascending.

        With `joined`, the words of the name may be joined in another way: `getUrl`, `get_url`.
        """
        cleaned = _text(clean_name(name))
        folded, joined = cleaned.casefold(), joined and JOINABLE.fullmatch(cleaned) is not None
        found = []
        for number in self._names.having(_key(name)):
            other = _text(self._names.name(number))
            if other.casefold() == folded or (joined and JOINABLE.fullmatch(other)):
                found.append(self._names.chunks(number))
        return distinct(np.concatenate(found)) if found else np.zeros(0, np.int64)

    def of_kinds(
        self, kinds: Collection[str], prefix: str = ""
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the definitions of some kinds whose names have a prefix, by reading every block.

        The numbers of the definitions, ascending, and those of their names: int64[n] each.
        """
        wanted = np.zeros(256, bool)
        wanted[[number for number, kind in enumerate(self.kinds, 1) if kind in kinds]] = True
        names = self._names.having_prefix(_key(prefix)) if prefix else None
        numbers, owns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        total = int(self._firsts[-1]) if wanted.any() else 0
        for first in range(0, total, DEFINITIONS_PER_BLOCK):
            count = min(DEFINITIONS_PER_BLOCK, total - first)
            record = self._frames.read(first // DEFINITIONS_PER_BLOCK, MAX_RECORD_BYTES)
            places = np.flatnonzero(wanted[kinds_of_record(record, count)])
            if len(places):
                own = DefinitionBlock(record, count).names[places]
                if names is not None:
                    inside = (own >= names.start) & (own < names.stop)
                    places, own = places[inside], own[inside]
                numbers.append(first + places)
                owns.append(own)
        return np.concatenate(numbers), np.concatenate(owns)

    def record(self, number: int) -> DefinitionRecord:
        """Return a definition by its number. Raises `LookupError` if there is none."""
        block, at = self._place(number)
        file = self._file_of(number)
        place, back = number - int(self._firsts[file]), block.value("parent", at)
        start = int(block.start_lines[at])
        definition = Definition(
            name=self._name(number),
            kind=self.kinds[block.value("kind", at) - 1],
            start_line=start,
            end_line=start + block.value("more_lines", at),
            name_line=start + block.value("name_line", at),
            parent=place - back if back else -1,
            declaration=bool(block.value("flags", at) & DECLARATION),
            owner=self._owner(number),
        )
        return DefinitionRecord(file, place, definition)

    def files_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the file of each definition, int64[n]."""
        return self._firsts[:-1].searchsorted(numbers, side="right") - 1

    def names_with_prefix(self, prefix: str) -> Iterator[str]:
        """Return the names whose keys begin with the key of `prefix`, in order.

        A name may belong only to an owner, which has no definition in this segment.
        """
        return map(_text, self._names.with_prefix(_key(prefix)))

    def names(self) -> Iterator[list[str]]:
        """Yield all names, block by block, in order."""
        for block in self._names.blocks():
            yield [_text(name) for name in block.names]

    def qualified_name(self, file: int, place: int) -> str:
        """Return the name of a definition, qualified by its owner and all enclosing definitions."""
        return ".".join(self.name_parts(file, place))

    def name_parts(self, file: int, place: int) -> list[str]:
        """Return the parts of the qualified name of a definition, its own name last."""
        number = int(self._firsts[file]) + place
        parts: list[str] = []
        for each in (number, *self._enclosing(number)):
            parts += filter(None, (self._name(each), self._owner(each)))
        return parts[::-1]

    def depth(self, file: int, place: int) -> int:
        """Return the number of definitions that enclose a definition."""
        return sum(1 for _ in self._enclosing(int(self._firsts[file]) + place))

    @cached_property
    def _firsts(self) -> Column:
        """The number of the first definition of each file, and the number of all."""
        total = self._files["definitions"].sum(dtype=np.int64)
        return np.append(self._files["first_definition"].astype(np.int64), total)

    @property
    def name_table(self) -> Names:
        """The names by number."""
        return self._names

    @cached_property
    def _names(self) -> Names:
        return Names(self._file, int(self._firsts[-1]))

    def _files_defining(self, name: int, wanted: FileFilter | None) -> NDArray[np.int64]:
        """Return the rows of the files that define a name, given by its number, ascending."""
        files = distinct(self._chunks["file"][self._names.chunks(name)]).astype(np.int64)
        return files if wanted is None else wanted(files)

    def _numbers(self, file: int) -> range:
        row = self._files[file]
        first = int(row["first_definition"])
        return range(first, first + int(row["definitions"]))

    def _pieces(self, file: int) -> Iterator[tuple[DefinitionBlock, slice, int]]:
        """Yield each block with definitions of a file, their slice of it and the first number."""
        numbers = self._numbers(file)
        at = numbers.start
        while at < numbers.stop:
            start = at % DEFINITIONS_PER_BLOCK
            stop = min(DEFINITIONS_PER_BLOCK, start + numbers.stop - at)
            yield self._block(at // DEFINITIONS_PER_BLOCK), slice(start, stop), at
            at += stop - start

    def _block(self, number: int) -> DefinitionBlock:
        block = self._blocks.get(number)
        if block is None:
            first = number * DEFINITIONS_PER_BLOCK
            stop = min(first + DEFINITIONS_PER_BLOCK, int(self._firsts[-1]))
            record = self._frames.read(number, MAX_RECORD_BYTES)
            block = DefinitionBlock(record, stop - first)
            self._blocks.put(number, block)
        return block

    def _place(self, number: int) -> tuple[DefinitionBlock, int]:
        return self._block(number // DEFINITIONS_PER_BLOCK), number % DEFINITIONS_PER_BLOCK

    def _file_of(self, number: int) -> int:
        return int(self._firsts[:-1].searchsorted(number, side="right")) - 1

    def _name(self, number: int) -> str:
        block, at = self._place(number)
        return _text(self._names.name(block.value("name", at)))

    def _owner(self, number: int) -> str:
        block, at = self._place(number)
        owner = block.value("owner", at)
        return _text(self._names.name(owner - 1)) if owner else ""

    def _enclosing(self, number: int) -> Iterator[int]:
        """Yield the numbers of the definitions that enclose one, from the inside out."""
        while True:
            block, at = self._place(number)
            back = block.value("parent", at)
            if not back:
                return
            number -= back
            if number < 0:
                raise LookupError("a definition lies in one that is not there")
            yield number


def _key(name: str) -> bytes:
    return name_key(clean_name(name))


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
