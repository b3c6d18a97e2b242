"""One posting list as bytes (docs/format.md), and how it is read.

A list of one posting is its ordinal, u16, and its frequency, u8, unless that is 1. Other lists are

    count        u8, or 127 and then count - 1 as u16; plus 128 if all frequencies are 1
    ordinals     the first as u16, then the gaps to the next, 7 bits per byte, the lowest first, the
                 top bit set where more follow; or a bit for each chunk of the segment, if enough
                 chunks have the term for this to be shorter
    frequencies  unless all are 1, 2 bits each: 1, 2, 3, or 4 and more; then a byte, at most 255,
                 for each that is 4 or more
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_FREQUENCY = 255
LONG_COUNT = 127
"""A count from here on takes two more bytes."""
ONCE = 128
"""The bit of the first byte that says that all frequencies are 1."""
COMMON = 4
"""A frequency from here on takes a byte of its own."""
BITMAP_LEAST = 32
"""The fewest postings of a bit set."""
BITMAP_SHARE = 6
"""The most chunks per posting of a bit set: gaps of more chunks are as short, and read faster."""

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]

FREQUENCIES = np.array(
    [sum(1 + (byte >> shift & 3) << 4 * shift for shift in (0, 2, 4, 6)) for byte in range(256)],
    "<u4",
)
"""The four frequencies that a byte holds, as the bytes of a number."""


def read_list(data: Bytes, rows: int) -> tuple[Offsets, Bytes]:
    """Return the ordinals int64[n], ascending, and the frequencies uint8[n] of a list.

    `rows` is the number of chunks of the segment. Raises `LookupError` or `ValueError` for an
    invalid list.
    """
    if len(data) <= 3:
        frequency = data[2:] if len(data) > 2 else np.ones(1, np.uint8)
        return np.array([int(data[0]) | int(data[1]) << 8]), frequency
    count, at = list_count(data), 3 if data[0] & LONG_COUNT == LONG_COUNT else 1
    if count >= BITMAP_LEAST and BITMAP_SHARE * count > rows:
        end = at + -(-rows // 8)
        bits = np.unpackbits(data[at:end], count=rows, bitorder="little")
        ordinals = bits.view(bool).nonzero()[0]  # `nonzero` is five times as fast on booleans
    else:
        ordinals, length = _read_gaps(data[at + 2 : at + 2 + 3 * (count - 1)], count - 1)
        ordinals += int(data[at]) | int(data[at + 1]) << 8
        end = at + 2 + length
    once = bool(data[0] & ONCE)
    frequencies = np.ones(count, np.uint8) if once else _read_frequencies(data[end:], count)
    if len(ordinals) != len(frequencies) or (once and end != len(data)):
        raise ValueError("a posting list does not have as many ordinals as it says")
    return ordinals, frequencies


def _read_frequencies(data: Bytes, count: int) -> Bytes:
    codes = -(-count // 4)
    frequencies = FREQUENCIES.take(data[:codes]).view(np.uint8)[:count]
    common = np.flatnonzero(frequencies == COMMON)
    frequencies[common] = data[codes:]
    return frequencies


def _read_gaps(data: Bytes, count: int) -> tuple[Offsets, int]:
    """Return the sums of the first 0, 1, ... `count` gaps, and how many bytes these gaps take.

    `data` may go on after the gaps: it has up to three bytes for each gap, but most gaps take only
    one. So the bytes of the gaps are counted first.
    """
    length = count
    while (more := count + int(np.count_nonzero(data[:length] & 0x80))) > length:
        length = more
    data = data[:length]
    if length > len(data) or (length and data[-1] & 0x80):
        raise ValueError("the gaps of a posting list are cut short")
    sums = np.zeros(count + 1, np.int64)
    if length == count:  # one byte per gap
        np.cumsum(data, out=sums[1:])
        return sums, length
    steps = data.astype(np.int64)
    wide = np.flatnonzero(data & 0x80)
    steps[wide] &= 0x7F
    steps[wide + 1] <<= 7
    steps[wide[1:][wide[1:] == wide[:-1] + 1] + 1] <<= 7
    sums[1:] = steps.cumsum()[data < 128]
    return sums, length


def list_count(data: Bytes | memoryview) -> int:
    """Return the number of postings of a list; its first four bytes are enough."""
    if len(data) <= 3:
        return 1
    count = int(data[0]) & LONG_COUNT
    return count if count < LONG_COUNT else 1 + int(data[1]) + (int(data[2]) << 8)
