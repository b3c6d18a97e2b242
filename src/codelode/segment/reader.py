"""What a segment answers: tables, postings, codes and text, each mapped when first asked for."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codelode.errors import DamagedError
from codelode.segment.columns import BLOCK, CHUNK, FILE, STAT_COLUMNS
from codelode.segment.format import SegmentFile
from codelode.segment.postings import Postings, find_term
from codelode.segment.text import BLOCK_BYTES, decompress

if TYPE_CHECKING:
    from pathlib import Path

Posting = tuple[NDArray[np.uint16], NDArray[np.uint8]]
"""Ordinals, ascending, and their frequencies."""


class Segment:
    """A segment opened for reading. Every method may raise `DamagedError`."""

    def __init__(self, file: SegmentFile) -> None:
        self.file = file

    @classmethod
    def open(cls, path: Path) -> Segment:
        """Open a segment file."""
        return cls(SegmentFile.open(path))

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> Segment:
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
        """Language names; `files["language"]` holds 1-based numbers into it."""
        return list(self._meta["languages"])

    @cached_property
    def kinds(self) -> list[str]:
        """Symbol kinds; `chunks["kind"]` holds 1-based numbers into it."""
        return list(self._meta["kinds"])

    @cached_property
    def files(self) -> NDArray[np.void]:
        """One row of `columns.FILE` per file."""
        return self.file.array("files", FILE)

    def restat(self, rows: NDArray[np.int64], stats: NDArray[np.int64]) -> None:
        """Let files have other sizes and times than the table says: int64[n], int64[n, 4]."""
        files = self.files.copy()
        for column, name in enumerate(STAT_COLUMNS):
            files[name][rows] = stats[:, column].astype(files[name].dtype)
        self.files = files

    @cached_property
    def chunks(self) -> NDArray[np.void]:
        """One row of `columns.CHUNK` per chunk, grouped by file."""
        return self.file.array("chunks", CHUNK)

    @cached_property
    def blocks(self) -> NDArray[np.void]:
        """One row of `columns.BLOCK` per compressed block, grouped by file."""
        return self.file.array("blocks", BLOCK)

    @cached_property
    def blocks_per_file(self) -> NDArray[np.int64]:
        """How many blocks each file has."""
        firsts = self.files["first_block"].astype(np.int64)
        return np.diff(firsts, append=len(self.blocks))

    @cached_property
    def chunk_files(self) -> NDArray[np.int64]:
        """The file ordinal of each chunk."""
        return self.chunks["file"].astype(np.int64)

    @cached_property
    def codes(self) -> NDArray[np.int8]:
        """The embedding codes, int8[chunks, dimensions]."""
        return self.file.array("codes", np.int8).reshape(-1, self.dimensions)

    @cached_property
    def scales(self) -> NDArray[np.float32]:
        """What to multiply the codes of each chunk with, float32[chunks]: 0 to 1."""
        scales = self.file.array("scales", "<f4")
        if not ((scales >= 0) & (scales <= 1)).all():
            raise DamagedError(f"{self.file.name}: section scales holds what no scale can be")
        return scales

    @cached_property
    def _dictionary(self) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
        return self.file.array("terms", "<u8"), self.file.array("starts", "<u4")

    @cached_property
    def path_postings(self) -> Postings:
        """The inverted index of the terms of the paths, over files."""
        return self._all_postings("path-")

    def all_postings(self) -> Postings:
        """The whole inverted index over chunks, as a merge needs it."""
        return self._all_postings("")

    def _all_postings(self, prefix: str) -> Postings:
        return Postings(
            terms=self.file.array(prefix + "terms", "<u8"),
            starts=self.file.array(prefix + "starts", "<u4"),
            ordinals=self.file.array(prefix + "ordinals", "<u2"),
            frequencies=self.file.array(prefix + "frequencies", "u1"),
        )

    def posting(self, term: int) -> Posting:
        """The chunks in which the term of this hash occurs; only their pages are read."""
        place = find_term(*self._dictionary, term)
        ordinals = self.file.array("ordinals", "<u2", place.start, place.stop)
        return ordinals, self.file.array("frequencies", "u1", place.start, place.stop)

    def document_frequency(self, term: int) -> int:
        """How many chunks the term of this hash occurs in; reads the dictionary only."""
        place = find_term(*self._dictionary, term)
        return int(place.stop - place.start)

    def path(self, file: int) -> str:
        """The path of a file, POSIX, relative to the root."""
        start = int(self.files["path_start"][file])
        stop = start + int(self.files["path_length"][file])
        return bytes(self.file.read("paths", start, stop)).decode("utf-8", "surrogateescape")

    def language(self, file: int) -> str | None:
        """The language of a file."""
        number = int(self.files["language"][file])
        return self.languages[number - 1] if number else None

    def symbol(self, chunk: int) -> tuple[str, str] | None:
        """Name and kind of the definition a chunk is or lies in."""
        kind = int(self.chunks["kind"][chunk])
        if not kind:
            return None
        (name,) = self.symbol_names(np.array([chunk]))
        return name, self.kinds[kind - 1]

    def symbol_names(self, chunks: NDArray[np.int64]) -> list[str]:
        """The names of the symbols of some chunks, empty where there is none."""
        rows = self.chunks[chunks]
        names = []
        for start, length in zip(
            rows["symbol_start"].tolist(), rows["symbol_length"].tolist(), strict=True
        ):
            name = bytes(self.file.read("symbols", start, start + length)) if length else b""
            names.append(name.decode("utf-8", "replace"))
        return names

    def text(self, file: int, start: int, end: int) -> bytes:
        """Bytes `[start, end)` of a file's text as it was indexed, UTF-8."""
        first = int(self.files["first_block"][file])
        begin, stop = first + start // BLOCK_BYTES, first + -(-end // BLOCK_BYTES)
        try:
            text = b"".join(self._block(i) for i in range(begin, stop))
        except DamagedError as error:
            raise DamagedError(f"{self.file.name}: {self.path(file)}: {error}") from None
        base = (begin - first) * BLOCK_BYTES
        return text[start - base : end - base]

    def _block(self, i: int) -> bytes:
        block = self.blocks[i]
        start, length = int(block["start"]), int(block["length"])
        return decompress(self.file.read("text", start, start + length), int(block["raw"]))
