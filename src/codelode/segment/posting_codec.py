"""Posting lists as bytes (docs/format.md): small, and packed or unpacked many at a time.

A list of one posting is its ordinal, u16, and its frequency, u8, unless that is 1. Any other is

    count        u8, or 127 and then u16 count - 1; 128 more if all frequencies are 1
    ordinals     the first as u16, then the gaps to the next in 7 bits a byte, the lowest first, the
                 top bit set where more follow; or a bit for each chunk of the segment, where so
                 many have the term that this is shorter
    frequencies  unless all are 1, 2 bits each: 1, 2, 3, or 4 and more; a byte for each of the
                 latter: 255 at most

Everything here works on whole arrays, a few hundred thousand postings at a time, so that what is
being worked on stays in the cache of the processor: five times as fast as all at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codelode.text.csr import ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FREQUENCY = 255
SLICE = 1 << 17
"""About how many postings are packed, or how many of their bytes unpacked, at once."""

_BITMAP_LEAST = 32  # postings; shorter lists are never bit sets
_BITMAP_SHARE = 6  # one in so many chunks: with fewer, gaps are hardly longer, and read faster
_LONG_COUNT = 127
_ONCE = 128  # the term comes once in each of its chunks
_COMMON = 4  # this frequency, and those above, take a byte of their own
_FREQUENCIES = np.array(
    [sum(1 + (byte >> shift & 3) << 4 * shift for shift in (0, 2, 4, 6)) for byte in range(256)],
    "<u4",
)
"""The four frequencies of a byte, a byte each."""

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


def read_list(data: Bytes, rows: int) -> tuple[Places, Bytes]:
    """Ordinals int64[n], ascending, and frequencies uint8[n] of one list.

    `rows` is how many chunks the segment has. What is no list raises LookupError or ValueError.
    """
    if len(data) <= 3:
        frequency = data[2:] if len(data) > 2 else np.ones(1, np.uint8)
        return np.array([int(data[0]) | int(data[1]) << 8]), frequency
    count, at = list_count(data), 3 if data[0] & _LONG_COUNT == _LONG_COUNT else 1
    if count >= _BITMAP_LEAST and _BITMAP_SHARE * count > rows:
        end = at + -(-rows // 8)
        bits = np.unpackbits(data[at:end], count=rows, bitorder="little")
        ordinals = bits.view(bool).nonzero()[0]  # of booleans five times as fast
    else:
        ordinals, length = _read_gaps(data[at + 2 : at + 2 + 3 * (count - 1)], count - 1)
        ordinals += int(data[at]) | int(data[at + 1]) << 8
        end = at + 2 + length
    once = bool(data[0] & _ONCE)
    frequencies = np.ones(count, np.uint8) if once else _read_frequencies(data[end:], count)
    if len(ordinals) != len(frequencies) or (once and end != len(data)):
        raise ValueError("a posting list does not have as many ordinals as it says")
    return ordinals, frequencies


def _read_frequencies(data: Bytes, count: int) -> Bytes:
    codes = -(-count // 4)
    frequencies = _FREQUENCIES.take(data[:codes]).view(np.uint8)[:count]
    common = np.flatnonzero(frequencies == _COMMON)
    frequencies[common] = data[codes:]
    return frequencies


def _read_gaps(data: Bytes, count: int) -> tuple[Places, int]:
    """The sums of the first 0, 1, ... `count` gaps, int64, and how many bytes these gaps take."""
    ends = np.flatnonzero(data < 128)[:count]
    length = int(ends[count - 1]) + 1
    sums = np.zeros(count + 1, np.int64)
    if length == count:  # a byte each
        np.cumsum(data[:length], out=sums[1:])
        return sums, length
    steps = data[:length].astype(np.int64)
    wide = np.flatnonzero(data[:length] >= 128)
    steps[wide] &= 0x7F
    steps[wide + 1] <<= 7
    steps[wide[1:][wide[1:] == wide[:-1] + 1] + 1] <<= 7
    sums[1:] = steps.cumsum()[ends]
    return sums, length


def list_count(data: Bytes) -> int:
    """How many postings a list has; its first four bytes will do."""
    if len(data) <= 3:
        return 1
    count = int(data[0]) & _LONG_COUNT
    return count if count < _LONG_COUNT else 1 + int(data[1]) + (int(data[2]) << 8)


def pack_lists(
    starts: Places, ordinals: NDArray[np.uint16], frequencies: Bytes, rows: int
) -> tuple[Places, Bytes]:
    """The length in bytes of each list, int64[n], and the lists, end to end.

    List i has the postings `[starts[i], starts[i + 1])`, at least one; starts int64[n + 1].
    """
    parts = [
        _pack(starts[i : j + 1] - a, ordinals[a:b], frequencies[a:b], rows)
        for a, b, i, j in _slices(np.diff(starts))
    ]
    return _joined([part[0] for part in parts], np.int64), _joined(
        [part[1] for part in parts], np.uint8
    )


def unpack_lists(data: Bytes, sizes: Places, rows: int) -> tuple[Places, NDArray[np.uint16], Bytes]:
    """What `pack_lists` was given; LookupError or ValueError for what it cannot have made."""
    parts = [_unpack(data[a:b], sizes[i:j], rows) for a, b, i, j in _slices(sizes)]
    starts = np.concatenate(([0], np.cumsum(_joined([part[0] for part in parts], np.int64))))
    ordinals = _joined([part[1] for part in parts], np.uint16)
    return starts, ordinals, _joined([part[2] for part in parts], np.uint8)


def _joined(parts: list[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *parts])


def _slices(sizes: Places) -> Iterator[tuple[int, int, int, int]]:
    """Neighbouring lists of about `SLICE` items together, each list `sizes` long: the first item
    and the one after the last, the first list and the one after the last."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    wanted = np.arange(SLICE, total + SLICE, SLICE)
    cuts = np.unique(np.minimum(np.searchsorted(ends, wanted) + 1, len(ends)))
    begin = first = 0
    for cut in cuts.tolist():
        end = int(ends[cut - 1])
        yield begin, end, first, cut
        begin, first = end, cut


def _pack(
    starts: Places, ordinals: NDArray[np.uint16], frequencies: Bytes, rows: int
) -> tuple[Places, Bytes]:
    first = starts[:-1]
    shape = _Shape(np.diff(starts), rows, np.maximum.reduceat(frequencies, first) == 1)
    count = shape.count
    values = ordinals.astype(np.int32)
    steps = np.zeros(len(values), np.int32)
    np.subtract(values[1:], values[:-1], out=steps[1:])
    widths = np.ones(len(steps), np.uint8)
    widths += steps >= 1 << 7
    widths += steps >= 1 << 14
    widths[first] = 0
    widths[np.repeat(shape.bitmap, count)] = 0
    common = frequencies >= _COMMON
    common[first[shape.single]] = frequencies[first[shape.single]] > 1
    gap_bytes = np.add.reduceat(widths, first, dtype=np.int64)
    sizes = shape.place(gap_bytes, np.add.reduceat(common, first, dtype=np.int64))
    data = np.zeros(int(sizes.sum()), np.uint8)
    shape.write_counts(data)
    plain = ~shape.bitmap
    data[shape.first[plain]] = ordinals[first[plain]] & 0xFF
    data[shape.first[plain] + 1] = ordinals[first[plain]] >> 8
    _write_gaps(data, ranges(shape.gaps, gap_bytes), steps[widths > 0], widths[widths > 0])
    if shape.bitmap.any():
        _write_bitmaps(data, shape, ordinals[np.repeat(shape.bitmap, count)])
    codes = np.zeros((int(shape.code_bytes.sum()), 4), np.uint8)
    many = frequencies[np.repeat(shape.has_codes, count)]
    codes.reshape(-1)[shape.coded()] = np.minimum(many, _COMMON) - 1
    codes <<= np.array([0, 2, 4, 6], np.uint8)
    data[ranges(shape.codes, shape.code_bytes)] = np.bitwise_or.reduce(codes, axis=1)
    data[ranges(shape.rest, shape.rest_bytes)] = frequencies[common]
    return sizes, data


def _unpack(data: Bytes, sizes: Places, rows: int) -> tuple[Places, NDArray[np.uint16], Bytes]:
    begins = np.cumsum(sizes) - sizes
    single = sizes <= 3
    padded = np.concatenate((data, np.zeros(2, np.uint8)))  # the last may be shorter than 3 bytes
    counted = (data[begins] & _LONG_COUNT).astype(np.int64)
    long_ones = np.flatnonzero(~single & (counted == _LONG_COUNT))
    at = begins[long_ones]
    counted[long_ones] = 1 + data[at + 1].astype(np.int64) + (data[at + 2].astype(np.int64) << 8)
    counted[single] = 1
    shape = _Shape(counted, rows, data[begins] >= _ONCE)
    if (shape.single != single).any() or (counted > 8 * sizes).any():
        raise ValueError("a posting list is shorter than it says")
    shape.begin(begins)
    plain = ~(single | shape.bitmap)
    stops = np.flatnonzero(data < 128)
    skipped = np.searchsorted(stops, shape.gaps[plain])
    gap_bytes = np.zeros(len(sizes), np.int64)
    gap_bytes[plain] = stops[skipped + counted[plain] - 2] + 1 - shape.gaps[plain]
    shape.end(gap_bytes)
    gaps = data[ranges(shape.gaps, gap_bytes)]
    first = np.cumsum(counted) - counted
    steps = np.zeros(int(counted.sum()), np.int64)
    inside = np.repeat(plain, counted)
    inside[first] = False
    steps[inside] = _numbers(gaps, np.flatnonzero(gaps < 128))
    heads = shape.first
    steps[first] = padded[heads].astype(np.int64) | padded[heads + 1].astype(np.int64) << 8
    sums = np.cumsum(steps)
    ordinals = (sums - np.repeat(sums[first] - steps[first], counted)).astype(np.uint16)
    if shape.bitmap.any():
        ordinals[np.repeat(shape.bitmap, counted)] = _read_bitmaps(data, shape)
    codes = _FREQUENCIES.take(data[ranges(shape.codes, shape.code_bytes)]).view(np.uint8)
    frequencies = np.ones(len(steps), np.uint8)
    frequencies[np.repeat(shape.has_codes, counted)] = codes[shape.coded()]
    common = frequencies == _COMMON
    common[first[sizes == 3]] = True
    rest = np.add.reduceat(common, first, dtype=np.int64)
    if (shape.rest + rest != begins + sizes).any():
        raise ValueError("a posting list is not as long as it says")
    frequencies[common] = data[ranges(shape.rest, rest)]
    return counted, ordinals, frequencies


class _Shape:
    """Of n lists: how many postings each has, and where in the bytes its parts begin; int64[n]."""

    def __init__(self, count: Places, rows: int, once: NDArray[np.bool_]) -> None:
        """`once` are those whose frequencies are all 1; of single postings it says nothing."""
        self.count, self.rows, self.once = count, rows, once
        self.single = count == 1
        self.has_codes: NDArray[np.bool_] = ~(self.single | once)
        self.bitmap = (count >= _BITMAP_LEAST) & (_BITMAP_SHARE * count > rows)
        self.head = np.where(count < _LONG_COUNT, 1, 3)
        self.head[self.single] = 0
        self.code_bytes: Places = -(-count // 4) * self.has_codes

    def begin(self, begins: Places) -> None:
        """The lists begin here."""
        self.begins = begins
        self.first = begins + self.head
        self.gaps = self.first + np.where(self.bitmap, -(-self.rows // 8), 2)

    def end(self, gap_bytes: Places) -> None:
        """Their gaps take so many bytes."""
        self.codes = self.gaps + gap_bytes
        self.rest = self.codes + self.code_bytes

    def place(self, gap_bytes: Places, rest_bytes: Places) -> Places:
        """Lay the lists out end to end; their sizes."""
        self.rest_bytes = rest_bytes
        self.begin(np.zeros(len(self.count), np.int64))
        self.end(gap_bytes)
        sizes = self.rest + rest_bytes
        self.begin(np.cumsum(sizes) - sizes)
        self.end(gap_bytes)
        return sizes

    def coded(self) -> Places:
        """Which of the codes, four to a byte, are those of a posting: lists begin on a byte."""
        starts = 4 * (np.cumsum(self.code_bytes) - self.code_bytes)
        return ranges(starts, self.count * self.has_codes)

    def write_counts(self, data: Bytes) -> None:
        many = ~self.single
        heads = np.minimum(self.count, _LONG_COUNT) + _ONCE * self.once
        data[self.begins[many]] = heads[many]
        longer = self.head == 3
        data[self.begins[longer] + 1] = (self.count[longer] - 1) & 0xFF
        data[self.begins[longer] + 2] = (self.count[longer] - 1) >> 8


def _write_gaps(data: Bytes, places: Places, steps: NDArray[np.int32], widths: Bytes) -> None:
    """Write the gaps `steps`, each in as many bytes as `widths` says, to `places`, a byte each."""
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


def _numbers(gaps: Bytes, last: Places) -> NDArray[np.int32]:
    """The numbers that end at the bytes `last`."""
    numbers = gaps[last].astype(np.int32)
    widths = np.diff(last, prepend=-1)
    for more in range(1, 3):
        wide = np.flatnonzero(widths > more)
        numbers[wide] = numbers[wide] << 7 | gaps[last[wide] - more] & 0x7F
    return numbers


def _write_bitmaps(data: Bytes, shape: _Shape, ordinals: NDArray[np.uint16]) -> None:
    owners = np.repeat(np.arange(shape.bitmap.sum()), shape.count[shape.bitmap])
    bits = np.zeros((int(shape.bitmap.sum()), shape.rows), bool)
    bits[owners, ordinals] = True
    data[_bitmap_places(shape)] = np.packbits(bits, axis=1, bitorder="little")


def _read_bitmaps(data: Bytes, shape: _Shape) -> Places:
    packed = data[_bitmap_places(shape)]
    bits = np.unpackbits(packed, axis=1, count=shape.rows, bitorder="little")
    return np.nonzero(bits)[1]


def _bitmap_places(shape: _Shape) -> Places:
    places: Places = shape.first[shape.bitmap][:, None] + np.arange(-(-shape.rows // 8))
    return places
