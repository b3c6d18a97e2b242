"""The offsets of the parts of many posting lists, and the packing of their ordinals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codelode.segment.posting_list import (
    BITMAP_LEAST,
    BITMAP_SHARE,
    LONG_COUNT,
    ONCE,
    Bytes,
    Offsets,
)
from codelode.text.csr import ranges


class Layout:
    """The number of postings of n lists, and the offsets of their parts; arrays are int64[n]."""

    def __init__(self, counts: Offsets, rows: int, once: NDArray[np.bool_]) -> None:
        """Take the number of postings of each list, and whether its frequencies are all 1 (`once`).

        `rows` is the number of chunks of the segment. For lists of a single posting, `once` is
        ignored.
        """
        self.counts, self.rows, self.once = counts, rows, once
        self.single = counts == 1
        self.has_codes: NDArray[np.bool_] = ~(self.single | once)
        self.bitmap = (counts >= BITMAP_LEAST) & (BITMAP_SHARE * counts > rows)
        self.head = np.where(counts < LONG_COUNT, 1, 3)
        self.head[self.single] = 0
        self.code_bytes: Offsets = -(-counts // 4) * self.has_codes

    def begin(self, begins: Offsets) -> None:
        """Set where the lists begin."""
        self.begins = begins
        self.first = begins + self.head
        self.gaps = self.first + np.where(self.bitmap, -(-self.rows // 8), 2)

    def end(self, gap_bytes: Offsets) -> None:
        """Set how many bytes the gaps take."""
        self.codes = self.gaps + gap_bytes
        self.rest = self.codes + self.code_bytes

    def place(self, gap_bytes: Offsets, rest_bytes: Offsets) -> Offsets:
        """Lay the lists out end to end; return their sizes."""
        self.rest_bytes = rest_bytes
        self.begin(np.zeros(len(self.counts), np.int64))
        self.end(gap_bytes)
        sizes = self.rest + rest_bytes
        self.begin(np.cumsum(sizes) - sizes)
        self.end(gap_bytes)
        return sizes

    def coded(self) -> Offsets:
        """Return the places of all 2-bit frequencies, without the padding at the ends of lists."""
        starts = 4 * (np.cumsum(self.code_bytes) - self.code_bytes)
        return ranges(starts, self.counts * self.has_codes)

    def write_counts(self, data: Bytes) -> None:
        """Write the counts of all lists; a list of a single posting has none."""
        many = ~self.single
        heads = np.minimum(self.counts, LONG_COUNT) + ONCE * self.once
        data[self.begins[many]] = heads[many]
        longer = self.head == 3
        data[self.begins[longer] + 1] = (self.counts[longer] - 1) & 0xFF
        data[self.begins[longer] + 2] = (self.counts[longer] - 1) >> 8

    def write_bitmaps(self, data: Bytes, ordinals: NDArray[np.uint16]) -> None:
        """Write the ordinals of all lists that store them as a bit set."""
        owners = np.repeat(np.arange(self.bitmap.sum()), self.counts[self.bitmap])
        bits = np.zeros((int(self.bitmap.sum()), self.rows), bool)
        bits[owners, ordinals] = True
        data[self._bitmap_places()] = np.packbits(bits, axis=1, bitorder="little")

    def read_bitmaps(self, data: Bytes) -> Offsets:
        """Return the ordinals of all lists that store them as a bit set, list by list."""
        packed = data[self._bitmap_places()]
        bits = np.unpackbits(packed, axis=1, count=self.rows, bitorder="little")
        return np.nonzero(bits)[1]

    def _bitmap_places(self) -> Offsets:
        places: Offsets = self.first[self.bitmap][:, None] + np.arange(-(-self.rows // 8))
        return places


def write_gaps(data: Bytes, places: Offsets, steps: NDArray[np.int32], widths: Bytes) -> None:
    """Write the gaps `steps`; gap i takes `widths[i]` bytes, `places` has each byte's offset."""
    stream = np.empty(len(places), np.uint8)
    begin = np.cumsum(widths, dtype=np.int64) - widths
    wide = np.flatnonzero(widths > 1)
    stream[begin] = steps & 0x7F
    for more in range(1, 3):
        at, rest = begin[wide] + more, steps[wide] >> 7 * more
        stream[at - 1] |= 0x80
        stream[at] = rest & 0x7F
        wide = wide[widths[wide] > more + 1]
    data[places] = stream


def read_gaps(gaps: Bytes) -> NDArray[np.int32]:
    """Decode the consecutive gaps in `gaps`."""
    last = np.flatnonzero(gaps < 128)
    numbers = gaps[last].astype(np.int32)
    widths = np.diff(last, prepend=-1)
    for more in range(1, 3):
        wide = np.flatnonzero(widths > more)
        numbers[wide] = numbers[wide] << 7 | gaps[last[wide] - more] & 0x7F
    return numbers
