"""Definitions of a segment by file, by line and by name, reading only the blocks that hold them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from codelode.lazy import cached_property
from codelode.lru import LruCache
from codelode.segment.definition_rows import DefinitionRows
from codelode.segment.definitions import NAME, OWNER
from codelode.segment.name_keys import clean_name, name_key
from codelode.segment.names import Names
from codelode.text.csr import distinct
from codelode.types import Definition

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from codelode.segment.column_codec import Column
    from codelode.segment.container import SegmentFile
    from codelode.segment.definition_rows import DefinitionRow

    FileFilter = Callable[[NDArray[np.int64]], NDArray[np.int64]]
    """Returns the wanted rows among some rows of files; both ascend."""

_CACHED_NAMES = 32
"""A search asks for the names that are like a name in its query several times."""

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
        self._chunks = chunks
        self.kinds = kinds
        """The kinds of definitions and chunks; both refer to them by 1-based numbers."""
        self._rows = DefinitionRows(file, files, kinds)
        self._found: LruCache[str, list[int]] = LruCache(_CACHED_NAMES)

    def of_file(self, file: int) -> list[Definition]:
        """Return the definitions of a file, in document order."""
        return [each.definition for each in self.records_of_file(file)]

    def records_of_file(self, file: int) -> list[DefinitionRecord]:
        """Return the definitions of a file with their places, in document order."""
        return [self._record(file, row) for row in self._rows.of_file(file)]

    def rows_on_lines(self, file: int, first: int, last: int) -> list[DefinitionRow]:
        """Return the definitions that hold any line from `first` to `last`, in document order.

        A row has only the number of its name: see `name_of`.
        """
        return self._rows.on_lines(file, first, last)

    def name_of(self, row: DefinitionRow) -> str:
        """Return the name of a definition."""
        return _text(self._names.name(row.name))

    def named(self, name: str, wanted: FileFilter | None = None) -> list[DefinitionRecord]:
        """Return the definitions whose names have the key of `name`, in the order of their names.

        Such names differ from it at most in case and in separators: see `name_keys`. `wanted`
        selects files.
        """
        return [
            self.record(first + place)
            for number in self._having(name)
            for file in self._files_defining(number, wanted).tolist()
            for piece, first in self._rows.pieces(file)
            for place in np.flatnonzero(piece[:, NAME] == number).tolist()
        ]

    def alike(self, name: str) -> list[tuple[int, str, Column]]:
        """Return the names with the key of `name`: the number, text and defining chunks of each."""
        return [
            (number, _text(self._names.name(number)), self._names.chunks(number))
            for number in self._having(name)
        ]

    def definers(self, number: int, file: int, first: int, last: int) -> list[DefinitionRecord]:
        """Return the definitions in a file that have the name with this number.

        Only definitions with their name on a line from `first` to `last` are returned.
        """
        records = [
            self.record(start + place)
            for piece, start in self._rows.pieces(file)
            for place in np.flatnonzero(piece[:, NAME] == number).tolist()
        ]
        return [each for each in records if first <= each.definition.name_line <= last]

    def chunks_defining(self, name: str, joined: bool = False) -> Column:
        """Return the chunks that define a name, ignoring case: ordinals int64[n], ascending.

        With `joined`, the words of the name may be joined in another way: `getUrl`, `get_url`.
        """
        cleaned = _text(clean_name(name))
        folded, joined = cleaned.casefold(), joined and JOINABLE.fullmatch(cleaned) is not None
        found = []
        for number in self._having(name):
            other = _text(self._names.name(number))
            if other.casefold() == folded or (joined and JOINABLE.fullmatch(other)):
                found.append(self._names.chunks(number))
        return distinct(np.concatenate(found)) if found else np.zeros(0, np.int64)

    def of_kinds(self, kinds: Collection[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the definitions of some kinds by reading every block.

        Returns the numbers of the definitions, ascending, and of their names: int64[n] each.
        """
        empty = np.zeros(0, np.int64), np.zeros(0, np.int64)
        numbers, names = zip(empty, *self._rows.of_kinds(kinds), strict=True)
        return np.concatenate(numbers), np.concatenate(names)

    def of_files(self, files: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the numbers of the definitions of some files, and of their names: int64[n] each.

        `files` are the rows of the files, ascending.
        """
        return self._rows.of_files(files)

    def has_kinds(self, file: int, kinds: Collection[str]) -> bool:
        """Return whether a file has a definition of any of these kinds."""
        return self._rows.has_kinds(file, kinds)

    @property
    def blocks(self) -> int:
        """The number of blocks of definitions."""
        return self._rows.blocks

    def record(self, number: int) -> DefinitionRecord:
        """Return a definition by its number. Raises `LookupError` if there is none."""
        return self._record(*self._rows.row(number))

    def _record(self, file: int, row: DefinitionRow) -> DefinitionRecord:
        definition = Definition(
            name=self.name_of(row),
            kind=row.kind,
            start_line=row.start_line,
            end_line=row.end_line,
            name_line=row.name_line,
            parent=row.parent,
            declaration=row.declaration,
            owner=self._owner_of(row),
        )
        return DefinitionRecord(file, row.place, definition)

    def files_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the file of each definition, int64[n]."""
        return self._rows.files_of(numbers)

    def numbers_with_prefix(self, prefix: str) -> range:
        """Return the numbers of the names that `names_with_prefix` returns."""
        return self._names.having_prefix(_key(prefix))

    def names_with_prefix(self, prefix: str) -> Iterator[str]:
        """Return the names whose keys begin with the key of `prefix`, in order.

        Some may be the names of owners that have no definition in this segment.
        """
        return map(_text, self._names.with_prefix(_key(prefix)))

    def names(self) -> Iterator[list[str]]:
        """Yield all names, block by block, in order."""
        for block in self._names.blocks():
            yield [_text(name) for name in block.names]

    def qualified_name(self, file: int, place: int) -> str:
        """Return the name of a definition, qualified by its owner and all enclosing definitions."""
        number = int(self._rows.firsts[file]) + place
        parts: list[str] = []
        for each in (number, *self._rows.enclosing(number)):
            parts += filter(None, (self._name(each), self._owner(each)))
        return ".".join(reversed(parts))

    def qualified(self, file: int, row: DefinitionRow, near: Sequence[DefinitionRow]) -> str:
        """Return a definition's `qualified_name`; fast if `near` has its enclosing definitions."""
        place, parts = row.place, self._parts(row)
        if row.parent >= 0:
            known = {each.place: each for each in near}
            while row.parent >= 0:
                if row.parent not in known:
                    return self.qualified_name(file, place)
                row = known[row.parent]
                parts += self._parts(row)
        return ".".join(reversed(parts))

    def _parts(self, row: DefinitionRow) -> list[str]:
        """Return the name of a definition and the name of its owner, omitting empty ones."""
        name, owner = self.name_of(row), self._owner_of(row)
        return [part for part in (name, owner) if part]

    def _owner_of(self, row: DefinitionRow) -> str:
        return _text(self._names.name(row.owner - 1)) if row.owner else ""

    def name_parts(self, file: int, place: int) -> list[str]:
        """Return the parts of the qualified name of a definition, its own name last."""
        number = int(self._rows.firsts[file]) + place
        parts: list[str] = []
        for each in (number, *self._rows.enclosing(number)):
            around = reversed(self._owner(each).split("."))  # an owner may be `A.B`
            parts += filter(None, (self._name(each), *around))
        return parts[::-1]

    def depth(self, file: int, place: int) -> int:
        """Return the number of definitions that enclose a definition."""
        return sum(1 for _ in self._rows.enclosing(int(self._rows.firsts[file]) + place))

    @property
    def name_table(self) -> Names:
        """The names by number."""
        return self._names

    @cached_property
    def _names(self) -> Names:
        return Names(self._file, self._rows.total)

    def _having(self, name: str) -> list[int]:
        """Return the number of each name that has the key of `name`."""
        found = self._found.get(name)
        if found is None:
            found = list(self._names.having(_key(name)))
            self._found.put(name, found)
        return found

    def _files_defining(self, name: int, wanted: FileFilter | None) -> NDArray[np.int64]:
        """Return the rows, ascending, of the files that define a name, given by its number."""
        files = distinct(self._chunks["file"][self._names.chunks(name)]).astype(np.int64)
        return files if wanted is None else wanted(files)

    def _name(self, number: int) -> str:
        return _text(self._names.name(self._rows.value(number, NAME)))

    def _owner(self, number: int) -> str:
        owner = self._rows.value(number, OWNER)
        return _text(self._names.name(owner - 1)) if owner else ""


def _key(name: str) -> bytes:
    return name_key(clean_name(name))


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
