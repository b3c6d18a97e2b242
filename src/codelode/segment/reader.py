"""Read a segment: tables, postings, codes and text, each mapped at the first access."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from itertools import count
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from codelode.errors import DamagedError
from codelode.lazy import cached_property
from codelode.lru import LruCache
from codelode.segment.container import SegmentFile
from codelode.segment.definition_lookup import DefinitionLookup
from codelode.segment.definitions import read_rows
from codelode.segment.dictionary import BUCKETS, DICTIONARY_SECTIONS, Dictionary
from codelode.segment.names import Names
from codelode.segment.posting_list import list_count, read_list
from codelode.segment.quantizer import residual_bytes
from codelode.segment.schema import BLOCK, CHUNK, FILE, SYMBOL_GROUP
from codelode.segment.term_lookup import Lookup
from codelode.segment.text import MAX_BLOCK_BYTES, decompress
from codelode.text.csr import ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.segment.buffer import Buffer
    from codelode.segment.names import SortedNames
    from codelode.segment.postings import Postings

Posting = tuple[NDArray[np.int64], NDArray[np.uint8]]
"""Ordinals, ascending, and their frequencies."""

_NOTHING: Posting = (np.zeros(0, np.int64), np.zeros(0, np.uint8))

_NEWLINE = 10
_SPARSE = 512
"""Pieces that lie farther apart than this, in bytes, are not worth a copy of all between them."""

_FEW = 128  # up to this number of pieces, copying them one by one is faster than one `take`
_KEYS = count()

_BLOCKS: LruCache[tuple[int, int], bytes] = LruCache(16)
"""The beginnings of the blocks of text read last, of all segments: up to 2 MB. A search reads the
texts of some candidates, and then those of the hits."""


class Segment:
    """A segment opened for reading. Every method may raise `DamagedError`."""

    def __init__(self, file: SegmentFile) -> None:
        self.file = file
        self._lookup = Lookup(file)
        self.key = next(_KEYS)
        """A number that no other segment of this process has, for caches."""

    @classmethod
    def open(cls, buffer: Buffer) -> Self:
        """Open a segment of a storage."""
        return cls(SegmentFile(buffer))

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> Self:
        """Open a segment that was not written to disk."""
        return cls(SegmentFile.from_bytes(name, data))

    @cached_property
    def _meta(self) -> dict[str, Any]:
        meta: dict[str, Any] = json.loads(bytes(self.file.read("meta")))
        return meta

    @property
    def dimensions(self) -> int:
        """The length of an embedding."""
        return int(self._meta["dimensions"])

    @cached_property
    def languages(self) -> list[str]:
        """The names of languages; `files["language"]` has their 1-based numbers in this list."""
        return list(self._meta["languages"])

    @cached_property
    def kinds(self) -> list[str]:
        """The kinds of symbols; `chunks["kind"]` has their 1-based numbers in this list."""
        return list(self._meta["kinds"])

    @cached_property
    def files(self) -> NDArray[np.void]:
        """One row of `schema.FILE` per file."""
        return self.file.array("files", FILE)

    @cached_property
    def chunks(self) -> NDArray[np.void]:
        """One row of `schema.CHUNK` per chunk, grouped by file."""
        return self.file.array("chunks", CHUNK)

    @cached_property
    def blocks(self) -> NDArray[np.void]:
        """One row of `schema.BLOCK` per compressed block of text."""
        return self.file.array("blocks", BLOCK)

    @cached_property
    def block_starts(self) -> NDArray[np.int64]:
        """The offset of each block in the text of all files, and the end of the last."""
        return np.concatenate(([0], np.cumsum(self.blocks["raw"].astype(np.int64))))

    @cached_property
    def _block_starts(self) -> list[int]:
        """`block_starts` as a list to bisect: in an array, a search would let other threads run."""
        return list(self.block_starts.tolist())

    @cached_property
    def chunk_files(self) -> NDArray[np.int64]:
        """The file ordinal of each chunk."""
        return self.chunks["file"].astype(np.int64)

    @cached_property
    def codes(self) -> NDArray[np.int8]:
        """The embedding codes, int8[chunks, dimensions]."""
        return self.file.array("codes", np.int8).reshape(-1, self.dimensions)

    @cached_property
    def scales(self) -> NDArray[np.uint16]:
        """The factor of each chunk's codes, in multiples of `SCALE_UNIT`: uint16[chunks]."""
        return self.file.array("scales", "<u2")

    def residuals(self, chunks: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return a copy of the residuals of some chunks, uint8[n, dimensions / 8]."""
        return self.file.rows("residuals", residual_bytes(self.dimensions), chunks)

    @cached_property
    def definitions(self) -> DefinitionLookup:
        """The definitions, by file, line and name."""
        return DefinitionLookup(self.file, self.files, self.chunks, self.kinds)

    @property
    def definition_count(self) -> int:
        """The number of definitions."""
        return int(self.files["definitions"].sum(dtype=np.int64))

    def definition_rows(self) -> Iterator[NDArray[np.void]]:
        """Yield the rows of all definitions block by block, for a merge.

        The column `kind` holds 1-based numbers into `kinds`.
        """
        return read_rows(self.file, self.definition_count)

    def sorted_names(self) -> SortedNames:
        """Return the names of all definitions and owners, for a merge."""
        return Names(self.file, self.definition_count).sorted_names()

    def dictionary(self) -> Dictionary:
        """Return all terms, for a merge."""
        return Dictionary(*(self.file.array(*column) for column in DICTIONARY_SECTIONS.items()))

    @property
    def postings_bytes(self) -> int:
        """The size of the posting lists in bytes."""
        return self.file.section_bytes()["postings"]

    def postings(self, first: int = 0, stop: int = BUCKETS) -> Postings:
        """Return the inverted index of the terms in the buckets `[first, stop)`, for a merge."""
        from codelode.segment.posting_codec import unpack_lists  # no search needs it
        from codelode.segment.postings import Postings

        dictionary = self.dictionary()
        begin, end = dictionary.buckets["byte"][[first, stop]].tolist()
        data = self.file.array("postings", "u1", begin, end)
        lists = unpack_lists(data, dictionary.sizes(first, stop), len(self.chunks))
        return Postings(dictionary.keys(first, stop), *lists)

    def posting(self, term: int) -> Posting:
        """Return the postings of the term with this hash; only their pages are read."""
        start, stop = self._lookup.find(term)
        if start == stop:
            return _NOTHING
        return read_list(self.file.array("postings", "u1", start, stop), len(self.chunks))

    def document_frequency(self, term: int) -> int:
        """Return the number of postings of the term with this hash, without reading its list."""
        start, stop = self._lookup.find(term)
        if start == stop:
            return 0
        return list_count(self.file.read("postings", start, min(stop, start + 4)))

    def path(self, file: int) -> str:
        """Return the path of a file, POSIX, relative to the root."""
        start = self.files["path_start"].item(file)
        stop = start + self.files["path_length"].item(file)
        return bytes(self.file.read("paths", start, stop)).decode("utf-8", "surrogateescape")

    def language(self, file: int) -> str | None:
        """Return the language of a file."""
        number = self.files["language"].item(file)
        return self.languages[number - 1] if number else None

    def symbol(self, chunk: int) -> tuple[str, str] | None:
        """Return the name and kind of the definition that a chunk is or lies in."""
        kind = int(self.chunks[chunk]["kind"])
        if not kind:
            return None
        return self.symbol_names(np.array([chunk]))[0], self.kinds[kind - 1]

    def symbol_names(self, chunks: NDArray[np.int64]) -> list[str]:
        """Return the names of the symbols of chunks; empty for chunks without one."""
        lengths = self.chunks["symbol_length"][chunks]
        names = self.pieces("symbols", self.symbol_starts(chunks), lengths)
        return [name.decode("utf-8", "replace") for name in names]

    def symbol_starts(self, chunks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where the symbols of chunks begin in the section `symbols`, int64[n]."""
        groups = self._symbol_groups[chunks // SYMBOL_GROUP]
        starts: NDArray[np.int64] = groups + self.chunks["symbol_start"][chunks]
        return starts

    @cached_property
    def _symbol_groups(self) -> NDArray[np.int64]:
        return self.file.array("symbol_groups", "<u4").astype(np.int64)

    def symbol_bytes(self) -> NDArray[np.int64]:
        """Return the bytes that each chunk adds to the section `symbols`, int64[chunks].

        A chunk that shares the name of the chunk before it adds 0 bytes.
        """
        ends = self.symbol_starts(np.arange(len(self.chunks))) + self.chunks["symbol_length"]
        longer: NDArray[np.int64] = np.diff(ends, prepend=0)
        return longer

    def pieces(
        self,
        section: str,
        starts: NDArray[np.integer],
        lengths: NDArray[np.integer],
    ) -> list[bytes]:
        """Return pieces of a section, with one read that spans all of them."""
        if not len(starts):
            return []
        begins = starts.astype(np.int64)
        ends, base = begins + lengths, int(begins.min())
        read = self.file.read(section, base, int(ends.max()))
        places = zip((begins - base).tolist(), (ends - base).tolist(), strict=True)
        if len(read) > _SPARSE * len(starts):
            if len(starts) <= _FEW:
                return [read[begin:end].tobytes() for begin, end in places]
            lines = self.lines_of(section, begins, lengths).split(b"\n")
            if len(lines) == len(starts) + 1:  # no piece holds a newline
                return lines[:-1]
        copied = bytes(read)  # slicing `bytes` takes half the time
        return [copied[begin:end] for begin, end in places]

    def lines_of(
        self, section: str, starts: NDArray[np.int64], lengths: NDArray[np.integer]
    ) -> bytes:
        """Return the same pieces as `pieces`, but joined, with a newline after each."""
        if not len(starts):
            return b""
        base, sizes = int(starts.min()), lengths.astype(np.int64) + 1
        read = self.file.read(section, base, int((starts + sizes).max()) - 1)
        joined = np.frombuffer(read, np.uint8).take(ranges(starts - base, sizes), mode="clip")
        joined[np.cumsum(sizes) - 1] = _NEWLINE
        return joined.tobytes()

    def text(self, file: int, start: int, end: int) -> bytes:
        """Return bytes `[start, end)` of a file's text as it was indexed, UTF-8."""
        begin = self.files["text_start"].item(file) + start
        stop = begin + end - start
        first = bisect_right(self._block_starts, begin) - 1
        starts = self._block_starts[first : bisect_left(self._block_starts, stop, first)]
        read = self._beginning if end - start <= MAX_BLOCK_BYTES else self.block
        try:
            text = b"".join([read(first + i, stop - at) for i, at in enumerate(starts)])
        except DamagedError as error:
            raise DamagedError(f"{self.file.name}: {self.path(file)}: {error.problem}") from None
        return text[begin - starts[0] : stop - starts[0]] if starts else b""

    def frame(self, number: int) -> tuple[memoryview, int]:
        """Return a compressed block of text, and the length of the text in bytes."""
        start, length, raw = self.blocks[number].tolist()
        return self.file.read("text", start, start + length), raw

    def block(self, number: int, stop: int | None = None) -> bytes:
        """Return the text of one block, or only its first `stop` bytes."""
        return decompress(*self.frame(number), stop)

    def _beginning(self, number: int, stop: int) -> bytes:
        """Return at least the first `stop` bytes of a block, or all if it has fewer."""
        key = self.key, number
        text = _BLOCKS.get(key)
        if text is None or len(text) < stop:
            frame, raw = self.frame(number)
            if text is None or len(text) < raw:
                text = decompress(frame, raw, stop)
                _BLOCKS.put(key, text)
        return text
