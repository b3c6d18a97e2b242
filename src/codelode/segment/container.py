"""The segment container: named sections under page checksums (byte layout: docs/format.md).

    header    16 bytes: magic, format version
    sections  each starting at a multiple of 64, zero-padded
    directory one 40-byte entry per section: name, offset, length
    pages     xxh3-64 of each 64 KiB page of everything above the directory
    footer    32 bytes: where directory and pages are, xxh3-64 of both and of the footer, magic

The footer is read with `pread` and checked when a file is opened. Pages are checked when they are
first touched: a damaged page is an error that names file, section and offset, never a wrong
answer. A truncated file is noticed before the mapping is touched, because touching a page past the
end would kill the process (SIGBUS); see `codelode.system.leases`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import xxhash
from numpy.typing import NDArray

from codelode.errors import DamagedError, FormatError
from codelode.segment.buffer import MemoryBuffer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from codelode.segment.buffer import Buffer

INDEX_FORMAT = 5
"""The format version of segments, `.stat` files and the manifest together."""
PAGE_BYTES = 1 << 16
ALIGNMENT = 64

Piece = bytes | memoryview | NDArray[Any]
"""A part of a section to write."""

_MAGIC = b"codelode"
_HEADER = struct.Struct("<8sII")  # magic, version, zero
_FOOTER = struct.Struct("<QIIQ8s")  # directory offset, sections, pages, checksum, magic
_ENTRY = struct.Struct("<24sQQ")  # name, offset, length


class SegmentFile:
    """The named sections of a buffer.

    Raises `DamagedError` or `FormatError`, on opening or on first touch of a damaged page.
    """

    def __init__(self, buffer: Buffer) -> None:
        """Check header and footer; only these are read."""
        self.buffer = buffer
        self.name = buffer.name
        self._view = buffer.view
        self.size = len(buffer.view)
        if self.size < _HEADER.size + _FOOTER.size:
            raise DamagedError(f"{self.name}: cut short to {self.size} bytes")
        self._directory, self._pages, self.checksum = self._read_tail()
        self._checked = bytearray(len(self._pages))  # 1 for each checked page

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> SegmentFile:
        """Read a container that is in memory."""
        return cls(MemoryBuffer(name, data))

    def _read_tail(self) -> tuple[dict[str, tuple[int, int]], NDArray[np.uint64], int]:
        magic, version, _ = _HEADER.unpack_from(self._view, 0)
        if magic != _MAGIC:
            raise FormatError(
                f"{self.name}: not a segment of codelode (run `lode verify --repair`)"
            )
        if version != INDEX_FORMAT:
            raise FormatError(
                f"{self.name}: segment format {version}, and this codelode reads {INDEX_FORMAT}:"
                " rebuild it with `lode index --rebuild`"
            )
        footer = self._view[self.size - _FOOTER.size :]
        start, sections, pages, checksum, magic = _FOOTER.unpack(footer)
        tail_end = self.size - _FOOTER.size
        if magic != _MAGIC or start + sections * _ENTRY.size + pages * 8 != tail_end:
            raise DamagedError(f"{self.name}: footer is damaged or the file is cut short")
        if _tail_checksum(self._view[start:tail_end], start, sections, pages) != checksum:
            raise DamagedError(f"{self.name}: directory is damaged (offset {start})")
        if pages != -(-start // PAGE_BYTES):
            raise DamagedError(f"{self.name}: {pages} checksums do not cover {start} bytes")
        directory = {}
        for i in range(sections):
            name, offset, length = _ENTRY.unpack_from(self._view, start + i * _ENTRY.size)
            if offset + length > start:
                raise DamagedError(f"{self.name}: directory points outside the file")
            directory[name.rstrip(b"\0").decode("ascii", "replace")] = (offset, length)
        checksums = np.frombuffer(self._view, "<u8", pages, start + sections * _ENTRY.size)
        return directory, checksums, checksum

    def section_bytes(self) -> dict[str, int]:
        """Return the length of every section, in bytes."""
        return {name: length for name, (_, length) in self._directory.items()}

    def check_size(self) -> None:
        """Raise `DamagedError` if the length of the file has changed."""
        if self.buffer.size_now() != self.size:
            raise DamagedError(f"{self.name}: the file was cut short or replaced while open")

    def read(self, section: str, start: int = 0, stop: int | None = None) -> memoryview:
        """Return bytes `[start, stop)` of a section, after checking their pages."""
        offset, length = self._place(section)
        stop = length if stop is None else stop
        if not 0 <= start <= stop <= length:
            raise DamagedError(f"{self.name}: reference outside section {section}: {start}-{stop}")
        self._check_pages(section, offset + start, offset + stop)
        return self._view[offset + start : offset + stop]

    def array(
        self, section: str, dtype: Any, start: int = 0, stop: int | None = None
    ) -> NDArray[Any]:
        """Check and return elements `[start, stop)` of a section, as an array over the mapping."""
        width = np.dtype(dtype).itemsize
        data = self.read(section, start * width, None if stop is None else stop * width)
        if len(data) % width:
            raise DamagedError(f"{self.name}: section {section} ends within an element")
        return np.frombuffer(data, dtype)

    def rows(self, section: str, width: int, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return copies of rows of a section, uint8[n, width]; only their pages are checked."""
        offset, length = self._place(section)
        if not self._is_checked(offset, offset + length):
            begins = offset + width * numbers
            pages = np.concatenate((begins, begins + (width - 1))) // PAGE_BYTES
            for page in set(pages.tolist()):
                self._check_pages(section, page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
        table = np.frombuffer(self._view[offset : offset + length], np.uint8)
        return table.reshape(-1, width).take(numbers, axis=0)

    def _place(self, section: str) -> tuple[int, int]:
        try:
            return self._directory[section]
        except KeyError:
            raise DamagedError(f"{self.name}: there is no section {section}") from None

    def _check_pages(self, section: str, start: int, stop: int) -> None:
        if self._is_checked(start, stop):
            return
        for page in range(start // PAGE_BYTES, -(-stop // PAGE_BYTES)):
            if not self._checked[page]:
                if not self._page_is_sound(page):
                    at = page * PAGE_BYTES
                    raise DamagedError(
                        f"{self.name}: section {section} is damaged near offset {at}"
                    )
                self._checked[page] = 1

    def _is_checked(self, start: int, stop: int) -> bool:
        return self._checked.find(0, start // PAGE_BYTES, -(-stop // PAGE_BYTES)) < 0

    def _page_is_sound(self, page: int) -> bool:
        start = page * PAGE_BYTES
        stop = min(start + PAGE_BYTES, self._page_end)
        return xxhash.xxh3_64_intdigest(self._view[start:stop]) == int(self._pages[page])

    @property
    def _page_end(self) -> int:
        return self.size - _FOOTER.size - len(self._pages) * 8 - len(self._directory) * _ENTRY.size

    def damaged_pages(self) -> Iterator[tuple[str, int]]:
        """Check every page again; yield the sections and the byte offset of each damaged page."""
        self.check_size()
        for page in range(len(self._pages)):
            if not self._page_is_sound(page):
                start, stop = page * PAGE_BYTES, (page + 1) * PAGE_BYTES
                names = [
                    name
                    for name, (offset, length) in self._directory.items()
                    if offset < stop and start < offset + length
                ]
                yield ", ".join(names) or "header", start


def _tail_checksum(tail: bytes | memoryview, start: int, sections: int, pages: int) -> int:
    state = xxhash.xxh3_64(tail)
    state.update(struct.pack("<QII", start, sections, pages))
    return int(state.intdigest())


class _PageWriter:
    """Writes to a file and keeps the checksum of each page."""

    def __init__(self, sink: BinaryIO) -> None:
        self.sink = sink
        self.offset = 0
        self.checksums: list[int] = []
        self._page = xxhash.xxh3_64()

    def write(self, data: Piece) -> None:
        if isinstance(data, np.ndarray):
            data = data.reshape(-1).view(np.uint8).data
        view = memoryview(data)
        self.sink.write(view)
        while view.nbytes:
            room = PAGE_BYTES - self.offset % PAGE_BYTES
            piece, view = view[:room], view[room:]
            self._page.update(piece)
            self.offset += piece.nbytes
            if self.offset % PAGE_BYTES == 0:
                self._end_page()

    def align(self) -> None:
        self.write(bytes(-self.offset % ALIGNMENT))

    def _end_page(self) -> None:
        self.checksums.append(self._page.intdigest())
        self._page = xxhash.xxh3_64()

    def finish(self) -> NDArray[np.uint64]:
        if self.offset % PAGE_BYTES:
            self._end_page()
        return np.array(self.checksums, "<u8")


def write_segment(sink: BinaryIO, sections: Mapping[str, Iterable[Piece]]) -> tuple[int, int]:
    """Write sections, given as pieces to join; return the size in bytes and the checksum.

    The checksum covers the directory and the page checksums, so it identifies the content.
    """
    pages = _PageWriter(sink)
    pages.write(_HEADER.pack(_MAGIC, INDEX_FORMAT, 0))
    entries = []
    for name, pieces in sections.items():
        pages.align()
        start = pages.offset
        for piece in pieces:
            pages.write(piece)
        entries.append(_ENTRY.pack(name.encode("ascii"), start, pages.offset - start))
    pages.align()
    checksums = pages.finish()
    tail = b"".join(entries) + checksums.tobytes()
    checksum = _tail_checksum(tail, pages.offset, len(entries), len(checksums))
    sink.write(tail)
    sink.write(_FOOTER.pack(pages.offset, len(entries), len(checksums), checksum, _MAGIC))
    return pages.offset + len(tail) + _FOOTER.size, checksum
