"""Records compressed one by one: zstd frames end to end, and a table of their starts."""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import zstandard

from codelode.errors import DamagedError
from codelode.lazy import cached_property

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from codelode.segment.container import Piece, SegmentFile

FRAME_START = np.dtype("<u4")

_KEYS = count()

_LEVEL = 4
"""Compared with level 6, this takes half of the time and makes 2 % more bytes."""
FAST = 1
"""The level for records that are read once, soon."""


class _OfThread(threading.local):
    """The zstd contexts of one thread, because threads must not share them; one costs 0.01 ms."""

    def __init__(self) -> None:
        self.decompressor = zstandard.ZstdDecompressor()
        self._compressors: dict[int, zstandard.ZstdCompressor] = {}

    def compressor(self, level: int) -> zstandard.ZstdCompressor:
        """Return the compressor of a level."""
        found = self._compressors.get(level)
        if found is None:
            found = zstandard.ZstdCompressor(level, write_content_size=True, write_checksum=False)
            self._compressors[level] = found
        return found


OF_THREAD = _OfThread()


def frame_sections(
    records: str, table: str, data: Iterable[bytes], level: int = _LEVEL
) -> dict[str, Iterable[Piece]]:
    """Return two sections by name: the frames of `data`, and their starts, u32[n + 1]."""
    compress = OF_THREAD.compressor(level).compress
    frames = [compress(record) for record in data]
    starts = np.cumsum([0, *map(len, frames)], dtype=np.int64)
    return {records: frames, table: [starts.astype(FRAME_START)]}


class Frames:
    """Reads records by their numbers. May raise `DamagedError`.

    `key` identifies these records in the caches of the process: no other records have the same key.
    """

    def __init__(self, file: SegmentFile, records: str, table: str) -> None:
        self.key = next(_KEYS)
        self._file = file
        self._records = records
        self._table = table

    @cached_property
    def _starts(self) -> NDArray[np.uint32]:
        return self._file.array(self._table, FRAME_START)

    def __len__(self) -> int:
        return self._file.section_bytes()[self._table] // FRAME_START.itemsize - 1

    def lie_end_to_end(self) -> bool:
        """Return whether the frames cover their section."""
        starts = self._starts.astype(np.int64)
        ends = starts[[0, -1]].tolist()
        sizes = self._file.section_bytes()
        return ends == [0, sizes[self._records]] and bool((np.diff(starts) > 0).all())

    def read(self, number: int, most: int) -> bytes:
        """Return a record. Raises `DamagedError` if it has more than `most` bytes."""
        start, stop = self._starts[number : number + 2].tolist()
        frame = self._file.read(self._records, start, stop)
        try:
            # The decompressor would allocate whatever a frame says it holds.
            if not 0 <= zstandard.frame_content_size(frame) <= most:
                raise DamagedError(f"{self._where(number)} is larger than {most} bytes")
            return OF_THREAD.decompressor.decompress(frame)
        except zstandard.ZstdError as error:
            raise DamagedError(f"{self._where(number)} does not decompress ({error})") from None

    def _where(self, number: int) -> str:
        return f"{self._file.name}: record {number} of section {self._records}"
