"""The names of definitions: sorted, in compressed blocks, each with the chunks that define it.

Names are sorted by their *key*, then as bytes. The key is the parts of a name in lower case, joined
without separators: `get_url`, `getUrl` and `GETURL` have the same key, so they are neighbors. A
block holds `NAMES_PER_BLOCK` names. The *heads*, the keys of the first name of each block, find a
block without reading another.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING
from unicodedata import normalize

import numpy as np

from codelode.errors import DamagedError
from codelode.lazy import cached_property
from codelode.lru import LruCache
from codelode.segment.column_codec import (
    Column,
    add_up,
    open_column,
    open_columns,
    pack_column,
    steps,
)
from codelode.segment.frames import Frames, frame_sections
from codelode.segment.schema import MAX_NAME_BYTES
from codelode.text.csr import group_starts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from codelode.segment.container import Piece, SegmentFile

NAMES_PER_BLOCK = 256

NAME_SECTIONS = ("names", "name_blocks", "name_heads")

_LENGTH = struct.Struct("<I")  # bytes of the names in a block
_SEPARATORS = bytes(c for c in range(128) if not chr(c).isalnum() and c != 10)
_CONTROL = bytes(32 if c < 32 or c == 127 else c for c in range(256))
_CONTROL_BUT_NEWLINE = _CONTROL[:10] + b"\n" + _CONTROL[11:]
_CACHED_BLOCKS = 16


def clean_name(name: str) -> bytes:
    """Return a name in UTF-8 on one line, cut to `MAX_NAME_BYTES`."""
    cut = name.encode("utf-8", "replace")[:MAX_NAME_BYTES].translate(_CONTROL)
    return cut if cut.isascii() else cut.decode("utf-8", "ignore").encode()


def clean_names(names: Sequence[str]) -> list[bytes]:
    """Return `clean_name` of each name; fast for many short ASCII names."""
    joined = "\n".join(names)
    if not names:
        return []
    if not joined.isascii():
        return [clean_name(name) for name in names]
    cleaned = joined.encode().translate(_CONTROL_BUT_NEWLINE).split(b"\n")
    if len(cleaned) != len(names) or max(map(len, cleaned)) > MAX_NAME_BYTES:
        return [clean_name(name) for name in names]
    return cleaned


def name_key(name: bytes) -> bytes:
    """Return the key of a name in UTF-8: its letters and digits, else all of it, in lower case."""
    if name.isascii():
        lower = name.lower()
        return lower.translate(None, _SEPARATORS) or lower
    folded = normalize("NFKC", name.decode("utf-8", "replace")).casefold()
    return ("".join(filter(str.isalnum, folded)) or folded).encode()


def name_keys(names: Sequence[bytes]) -> list[bytes]:
    """Return the key of each name; fast for many ASCII names."""
    joined = b"\n".join(names)
    if not joined.isascii():
        return [name_key(name) for name in names]
    keys = joined.lower().translate(None, _SEPARATORS).split(b"\n") if names else []
    return [key or name.lower() for key, name in zip(keys, names, strict=True)]


def sorted_names(names: Iterable[bytes]) -> list[bytes]:
    """Return each name once, in the order of the index."""
    distinct = list(dict.fromkeys(names))
    # Bytes compare faster than tuples. A newline sorts before every byte of a key or name.
    pairs = list(map(b"%b\n%b".__mod__, zip(name_keys(distinct), distinct, strict=True)))
    del distinct  # saves memory: a large segment has half a million names
    pairs.sort()
    return [pair[pair.index(b"\n") + 1 :] for pair in pairs]


def name_sections(names: Sequence[bytes], pairs: NDArray[np.int64]) -> dict[str, Iterable[Piece]]:
    """Return the sections of sorted names; `pairs` as in `name_records`."""
    heads = b"\n".join(name_keys(names[::NAMES_PER_BLOCK]))
    records = name_records(names, pairs)
    return {**frame_sections("names", "name_blocks", records), "name_heads": [heads]}


def name_records(names: Sequence[bytes], pairs: NDArray[np.int64]) -> Iterator[bytes]:
    """Yield the blocks, not yet compressed.

    `pairs` int64[n, 2], in any order, are the number of a name and a chunk that defines it.
    """
    packed = np.sort(pairs[:, 0] << 32 | pairs[:, 1])
    packed = packed[group_starts(packed)]
    counts = np.bincount(packed >> 32, minlength=len(names))
    ends, chunks = np.cumsum(counts), packed & 0xFFFFFFFF
    for first in range(0, len(names), NAMES_PER_BLOCK):
        block = slice(first, first + NAMES_PER_BLOCK)
        text = b"".join(name + b"\n" for name in names[block])
        mine = chunks[ends[first] - counts[first] : ends[block][-1]]
        columns = pack_column(counts[block]) + pack_column(steps(mine))
        yield _LENGTH.pack(len(text)) + text + columns


def max_name_record(definitions: int) -> int:
    """Return an upper bound of the bytes of a block, given the definitions in the segment."""
    return _LENGTH.size + NAMES_PER_BLOCK * (MAX_NAME_BYTES + 1 + 4) + 4 * definitions + 2


class NameBlock:
    """Up to `NAMES_PER_BLOCK` names, and the chunks that define each."""

    def __init__(self, data: bytes) -> None:
        """Open a block. Raises `ValueError` if it is invalid."""
        length = _LENGTH.unpack_from(data)[0] if len(data) >= _LENGTH.size else len(data)
        end = _LENGTH.size + length
        self._text = data[_LENGTH.size : end]
        if end > len(data) or not self._text.endswith(b"\n"):
            raise ValueError("the names are cut short")
        self._counts = open_column(data, end, self._text.count(b"\n"))
        self._data = data

    @cached_property
    def names(self) -> list[bytes]:
        """The names, in order."""
        return self._text[:-1].split(b"\n")

    def keys(self) -> list[bytes]:
        """Return the key of each name."""
        return name_keys(self.names)

    def chunks(self, place: int) -> Column:
        """Return the ordinals of the chunks that define a name, ascending."""
        end = self._ends[place]
        return self._chunks[end - self._counts.value(place) : end]

    @cached_property
    def _ends(self) -> Column:
        return np.cumsum(self._counts.array())

    @cached_property
    def _chunks(self) -> Column:
        (chunks,) = open_columns(self._data, self._counts.end, [int(self._ends[-1])])
        return add_up(chunks.array())

    def having(self, key: bytes) -> range:
        """Return the places of the names that have this key; they are neighbors."""
        if not key.isalnum() or not self._text.isascii():
            keys = self.keys()
            return range(bisect_left(keys, key), bisect_right(keys, key))
        text = b"\n" + self._text.lower().translate(None, _SEPARATORS)
        start = text.find(b"\n%s\n" % key)
        if start < 0:
            return range(0)
        step, stop = len(key) + 1, start
        while text.startswith(key + b"\n", stop + 1):
            stop += step
        first = text.count(b"\n", 0, start)
        return range(first, first + (stop - start) // step)

    def containing(self, pieces: Sequence[bytes]) -> list[int]:
        """Return the places of the names that contain any of some texts, ASCII in lower case.

        A newline in a text stands for the beginning or the end of a name.
        """
        text = b"\n" + self._text.lower()
        places: set[int] = set()
        for piece in filter(bytes.strip, pieces):
            at = text.find(piece)
            while at >= 0:
                inside = at + piece.startswith(b"\n")
                places.add(text.count(b"\n", 0, inside) - 1)
                at = text.find(piece, text.index(b"\n", inside))
        return sorted(places)


class Names:
    """Finds names; reads only the blocks that may hold them. May raise `DamagedError`.

    Raises `ValueError` for a forged section.
    """

    def __init__(self, file: SegmentFile, definitions: int) -> None:
        """Take the number of definitions in the segment, which bounds the size of a block."""
        self._file = file
        self._most = max_name_record(definitions)
        self._frames = Frames(file, "names", "name_blocks")
        self._blocks: LruCache[int, NameBlock] = LruCache(_CACHED_BLOCKS)

    @cached_property
    def heads(self) -> list[bytes]:
        """The key of the first name of each block."""
        heads = bytes(self._file.read("name_heads")).split(b"\n") if len(self._frames) else []
        if len(heads) != len(self._frames):
            raise DamagedError(f"{self._file.name}: name_heads does not fit name_blocks")
        return heads

    def block(self, number: int) -> NameBlock:
        """Return a block of names."""
        block = self._blocks.get(number)
        if block is None:
            block = NameBlock(self._frames.read(number, self._most))
            self._blocks.put(number, block)
        return block

    def blocks(self) -> Iterator[NameBlock]:
        """Yield all blocks, in order; they are not kept."""
        for number in range(len(self._frames)):
            yield NameBlock(self._frames.read(number, self._most))

    def having(self, key: bytes) -> Iterator[int]:
        """Yield the number of each name that has this key."""
        first = max(0, bisect_left(self.heads, key) - 1)
        for number in range(first, bisect_right(self.heads, key)):
            for place in self.block(number).having(key):
                yield number * NAMES_PER_BLOCK + place

    def containing(self, pieces: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        """Yield number and name of the names that contain any of some texts: see `NameBlock`."""
        for number, block in enumerate(self.blocks()):
            for place in block.containing(pieces):
                yield number * NAMES_PER_BLOCK + place, block.names[place]

    def having_prefix(self, prefix: bytes) -> range:
        """Return the numbers of the names whose keys begin with a prefix.

        No byte of UTF-8 is 0xff, so the prefix with this byte follows all of them.
        """
        return range(self._lower_bound(prefix), self._lower_bound(prefix + b"\xff"))

    def _lower_bound(self, key: bytes) -> int:
        """Return the number of the first name whose key is not less, or the number of all names."""
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
        return self.block(block).names[place]

    def chunks(self, number: int) -> Column:
        """Return the ordinals of the chunks that define a name, ascending."""
        block, place = divmod(number, NAMES_PER_BLOCK)
        return self.block(block).chunks(place)
