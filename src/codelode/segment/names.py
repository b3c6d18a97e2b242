"""The names of definitions: sorted, in compressed blocks, each with the chunks that define it.

Names are sorted by their keys, then as bytes (see `name_keys`). A block holds `NAMES_PER_BLOCK`
names. The *heads* of the blocks, the keys of their first names, tell which block has a name.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from itertools import accumulate, compress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from codelode.errors import DamagedError
from codelode.lazy import cached_property
from codelode.lru import LruCache
from codelode.segment.column_codec import Column, PackedTable, pack_column, pack_tables
from codelode.segment.frames import Frames, frame_sections
from codelode.segment.name_keys import SEPARATORS, as_bytes, as_text, name_key, name_keys
from codelode.segment.name_scan import BLOCKS_PER_SCAN, scanned_names
from codelode.segment.schema import MAX_NAME_BYTES
from codelode.text.csr import group_starts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from codelode.segment.container import Piece, SegmentFile

NAMES_PER_BLOCK = 512

NAMES_PER_GROUP = 32
"""Blocks know where each group begins, so that a name is read without the others."""

_COUNT = struct.Struct("<H")
_NEWLINE = 10


class SortedNames(NamedTuple):
    """The names of one segment or run, in blocks of up to `per` names, and the blocks' heads.

    Names and heads have a character for each byte. `used` bool[n] says which names to keep; it may
    be longer than needed. None keeps all.
    """

    heads: Sequence[str]
    blocks: Iterable[list[str]]
    per: int
    used: NDArray[np.bool_] | None = None

    def kept(self) -> Iterator[list[str]]:
        """Yield the names to keep, block by block; no block is empty."""
        first = 0
        for names in self.blocks:
            if self.used is None:
                yield names
            elif (kept := self.used[first : first + self.per]).any():
                yield list(compress(names, kept.tolist()))
            first += self.per


class NameBlocks:
    """Blocks of names that are added in order; `heads` are the keys of their first names."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []  # each name followed by a newline
        self.heads: list[bytes] = []
        self._pending: list[str] = []

    def add(self, names: Iterable[str]) -> None:
        """Append names, each with a character for each byte."""
        self._pending += names
        whole = len(self._pending) // NAMES_PER_BLOCK * NAMES_PER_BLOCK
        for first in range(0, whole, NAMES_PER_BLOCK):
            self._end(self._pending[first : first + NAMES_PER_BLOCK])
        del self._pending[:whole]

    def finish(self) -> None:
        """End the last block."""
        if self._pending:
            self._end(self._pending)
        self._pending = []

    def _end(self, names: Sequence[str]) -> None:
        self.texts.append(as_bytes("\n".join((*names, ""))))
        self.heads.append(name_key(as_bytes(names[0])))


def name_sections(blocks: NameBlocks, pairs: NDArray[np.int64]) -> dict[str, Iterable[Piece]]:
    """Return the sections of names; `pairs` is the argument of `name_records`."""
    records = name_records(blocks.texts, pairs)
    heads = b"\n".join(blocks.heads)
    return {**frame_sections("names", "name_blocks", records), "name_heads": [heads]}


def name_records(texts: Sequence[bytes], pairs: NDArray[np.int64]) -> Iterator[bytes]:
    """Yield the blocks of names, each with its chunks, not yet compressed.

    Each of `pairs` int64[n] is `name number << 32 | chunk`, where the chunk defines the name.
    They may be in any order; the array is sorted in place.
    """
    pairs.sort()
    pairs = pairs[group_starts(pairs)]
    names = len(texts) * NAMES_PER_BLOCK
    if texts:
        names += texts[-1].count(b"\n") - NAMES_PER_BLOCK
    counts = np.bincount(pairs >> 32, minlength=names)
    totals = np.add.reduceat(counts, range(0, names, NAMES_PER_BLOCK)).tolist() if names else []
    start = 0
    packed = pack_tables([counts], NAMES_PER_BLOCK)
    for text, column, total in zip(texts, packed, totals, strict=True):
        chunks = pack_column(pairs[start : start + total] & 0xFFFFFFFF)
        yield b"".join((_header(text), text, column, chunks))
        start += total


def _header(text: bytes) -> bytes:
    """Return the header of a block: the number of names, and each name group's size in bytes."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == _NEWLINE) + 1
    groups = np.append(ends[NAMES_PER_GROUP - 1 : -1 : NAMES_PER_GROUP], len(text))
    return _COUNT.pack(len(ends)) + np.diff(groups, prepend=0).astype("<u2").tobytes()


def max_name_record(definitions: int) -> int:
    """Return an upper bound of the bytes of a block; its segment has `definitions` definitions."""
    groups = -(-NAMES_PER_BLOCK // NAMES_PER_GROUP)
    names = NAMES_PER_BLOCK * (MAX_NAME_BYTES + 1 + 4)
    return _COUNT.size + 2 * groups + names + 4 * definitions + 2


class NameBlock:
    """Up to `NAMES_PER_BLOCK` names, and the chunks that define each."""

    def __init__(self, data: bytes) -> None:
        """Open a block. Raises `ValueError` if it is invalid."""
        self._count = _COUNT.unpack_from(data)[0] if len(data) >= _COUNT.size else 0
        groups = -(-self._count // NAMES_PER_GROUP)
        self._begin = _COUNT.size + 2 * groups
        if not 0 < groups <= (len(data) - _COUNT.size) // 2:
            raise ValueError("the names are cut short")
        sizes = struct.unpack_from(f"<{groups}H", data, _COUNT.size)
        *_, self._end = self._groups = list(accumulate(sizes, initial=self._begin))
        if data[self._end - 1 : self._end] != b"\n":
            raise ValueError("the names are cut short")
        self._data = data

    @cached_property
    def text(self) -> bytes:
        """Each name, followed by a newline."""
        return self._data[self._begin : self._end]

    def name(self, place: int) -> bytes:
        """Return one name, splitting only its group. Raises `LookupError` if there is none."""
        if not 0 <= place < self._count:
            raise LookupError(f"there is no name {place} in a block of {self._count}")
        group, rest = divmod(place, NAMES_PER_GROUP)
        begin, end = self._groups[group : group + 2]
        return self._data[begin:end].split(b"\n", rest + 1)[rest]

    @cached_property
    def names(self) -> list[bytes]:
        """The names, in order."""
        return self.text[:-1].split(b"\n")

    def keys(self) -> list[bytes]:
        """Return the key of each name."""
        return name_keys(self.names)

    def chunks(self, place: int) -> Column:
        """Return the ordinals of the chunks that define a name, ascending."""
        start, end = self._ends[place : place + 2].tolist()
        return self._chunks[start:end]

    @cached_property
    def _counts(self) -> PackedTable:
        return PackedTable(self._data, self._end, 1, self._count)

    @cached_property
    def _ends(self) -> Column:
        return np.append(0, np.cumsum(self._counts.column(0)))

    @cached_property
    def _chunks(self) -> Column:
        return PackedTable(self._data, self._counts.end, 1, int(self._ends[-1])).column(0)

    def having(self, key: bytes) -> range:
        """Return the places of the names that have this key; they are neighbors."""
        if not key.isalnum() or not self.text.isascii():
            keys = self.keys()
            return range(bisect_left(keys, key), bisect_right(keys, key))
        text = b"\n" + self.text.lower().translate(None, SEPARATORS)
        start = text.find(b"\n%s\n" % key)
        if start < 0:
            return range(0)
        step, stop = len(key) + 1, start
        while text.startswith(key + b"\n", stop + 1):
            stop += step
        first = text.count(b"\n", 0, start)
        return range(first, first + (stop - start) // step)


_BLOCKS: LruCache[tuple[int, int], NameBlock] = LruCache(512)
"""The blocks used last, of all segments that the process reads: about 8 MB."""


class Names:
    """Finds names; reads only the blocks that may hold them.

    Raises `DamagedError` for a damaged section, and `ValueError` for a forged one.
    """

    def __init__(self, file: SegmentFile, definitions: int) -> None:
        """Take the number of definitions in the segment, which bounds the size of a block."""
        self._file = file
        self._most = max_name_record(definitions)
        self._frames = Frames(file, "names", "name_blocks")

    @cached_property
    def heads(self) -> list[bytes]:
        """The key of the first name of each block."""
        heads = bytes(self._file.read("name_heads")).split(b"\n") if len(self._frames) else []
        if len(heads) != len(self._frames):
            raise DamagedError(f"{self._file.name}: name_heads does not fit name_blocks")
        return heads

    def block(self, number: int) -> NameBlock:
        """Return a block of names."""
        key = self._frames.key, number
        block = _BLOCKS.get(key)
        if block is None:
            block = NameBlock(self._frames.read(number, self._most))
            _BLOCKS.put(key, block)
        return block

    def blocks(self) -> Iterator[NameBlock]:
        """Yield all blocks, in order; they are not cached."""
        for number in range(len(self._frames)):
            yield NameBlock(self._frames.read(number, self._most))

    def sorted_names(self) -> SortedNames:
        """Return all names, for a merge."""
        blocks = (list(map(as_text, block.names)) for block in self.blocks())
        return SortedNames(list(map(as_text, self.heads)), blocks, NAMES_PER_BLOCK)

    def having(self, key: bytes) -> Iterator[int]:
        """Yield the number of each name that has this key."""
        first = max(0, bisect_left(self.heads, key) - 1)
        for number in range(first, bisect_right(self.heads, key)):
            for place in self.block(number).having(key):
                yield number * NAMES_PER_BLOCK + place

    def containing(self, pieces: Sequence[bytes], lengths: range) -> Iterator[tuple[int, bytes]]:
        """Yield number and lower-case text of each match: see `ScannedNames.containing`."""
        for first in range(0, len(self._frames), BLOCKS_PER_SCAN):
            numbers = range(first, min(first + BLOCKS_PER_SCAN, len(self._frames)))
            texts = (NameBlock(self._frames.read(each, self._most)).text for each in numbers)
            scanned = scanned_names((self._frames.key, first), texts, len(self._frames))
            for place, name in scanned.containing(pieces, lengths):
                yield first * NAMES_PER_BLOCK + place, name

    def having_prefix(self, prefix: bytes) -> range:
        """Return the numbers of the names whose keys begin with a prefix.

        No byte of UTF-8 is 0xff, so the prefix with this byte added sorts after all these keys.
        """
        return range(self._lower_bound(prefix), self._lower_bound(prefix + b"\xff"))

    def _lower_bound(self, key: bytes) -> int:
        """Return the number of the first name with a key not below `key`, or the count of names."""
        block = max(0, bisect_left(self.heads, key) - 1)
        if not len(self._frames):
            return 0
        return block * NAMES_PER_BLOCK + bisect_left(self.block(block).keys(), key)

    def with_prefix(self, prefix: bytes) -> Iterator[bytes]:
        """Yield each name whose key begins with a prefix, in order."""
        for number in range(max(0, bisect_left(self.heads, prefix) - 1), len(self._frames)):
            head = self.heads[number]
            if head > prefix and not head.startswith(prefix):
                return
            block = self.block(number)
            keys = block.keys()
            for place in range(bisect_left(keys, prefix), len(keys)):
                if not keys[place].startswith(prefix):
                    return
                yield block.names[place]

    def name(self, number: int) -> bytes:
        """Return a name by its number. Raises `LookupError` if there is none."""
        block, place = divmod(number, NAMES_PER_BLOCK)
        return self.block(block).name(place)

    def chunks(self, number: int) -> Column:
        """Return the ordinals of the chunks that define a name, ascending."""
        block, place = divmod(number, NAMES_PER_BLOCK)
        return self.block(block).chunks(place)
