"""Number the distinct pieces of a text, and write them out, without an object per piece.

Source code repeats its words. Slicing them out one by one would make a Python object of each. Here
a piece remains a pair of numbers, and all pieces are compared in vectors, eight bytes at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from codelode.text.csr import ranges

LANE = 8  # bytes compared at once
PADDING = b" " * LANE
"""Bytes that must follow the last piece, so that a whole lane can be read there."""

_LANES = 8
"""The number of lanes compared byte by byte; the rest of a longer piece is hashed."""

_KEEP = np.array([(1 << (8 * size)) - 1 for size in range(LANE + 1)], np.uint64)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplication by it is reversible
_HALF = np.uint64(32)
_SLOTS = 2  # the least number of slots in the hash table per value

_Lane = tuple[NDArray[np.int64] | slice, NDArray[np.uint64]]


def number_spans(
    text: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Assign numbers to the distinct pieces `text[start:start + length]` by first appearance.

    Returns the number of each piece, and the index of the first piece with each number; all arrays
    are int64. `text` ends in `PADDING`; no piece contains a NUL. Bytes of a piece after the
    first 64 are compared by a 64-bit hash. Takes 50 bytes of memory per piece.
    """
    lanes = _lanes(text, starts, lengths)
    hashes = np.zeros(len(starts), np.uint64)
    for those, values in lanes:
        hashes[those] = _mixed(hashes[those] ^ values)
    first = _first_of_equal(hashes)
    if not _are_equal(lanes, first):  # different pieces have the same hash
        first = _first_by_dict(text, starts, lengths)
    is_first = first == np.arange(len(first))
    return (np.cumsum(is_first) - 1)[first], np.flatnonzero(is_first)


def spell(text: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], end: bytes) -> bytes:
    """Concatenate the pieces, each followed by the byte `end`; `text` is as in `number_spans`."""
    picks = ranges(starts, lengths + 1)
    pieces = np.frombuffer(text, np.uint8)[picks]
    pieces[np.cumsum(lengths + 1) - 1] = ord(end)
    return pieces.tobytes()


def _lanes(text: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> list[_Lane]:
    """Return the bytes of the pieces as little-endian integers, in lanes of eight bytes.

    A lane holds the numbers of the pieces that are long enough to reach it, and their integers.
    """
    at_byte = np.ndarray((len(text) - LANE + 1,), "<u8", text, strides=(1,))
    lanes: list[_Lane] = []
    those: NDArray[np.int64] | slice = slice(None)
    while len(starts) and len(lanes) < _LANES:
        lanes.append((those, at_byte[starts] & _KEEP[np.minimum(lengths, LANE)]))
        longer = np.flatnonzero(lengths > LANE)
        those = longer if isinstance(those, slice) else those[longer]
        starts, lengths = starts[longer] + LANE, lengths[longer] - LANE
    if len(starts):
        rests = zip(starts.tolist(), lengths.tolist(), strict=True)
        hashes = (xxh3_64_intdigest(text[at : at + size]) for at, size in rests)
        lanes.append((those, np.fromiter(hashes, np.uint64, len(starts))))
    return lanes


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix the bits of each value, so that every bit affects the upper half (the hash slot)."""
    mixed: NDArray[np.uint64] = (values ^ (values >> _HALF)) * _FACTOR
    return mixed


def _first_of_equal(values: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Return, for each index, the first index with an equal value, using a vectorized hash table.

    All values claim their slots at once, and the first claim wins. Values that find another value
    in their slot try another one in the next round. Each round settles one value per claimed slot.
    """
    first = np.arange(len(values), dtype=np.int32)
    left = first.copy()  # the indexes whose values are not settled yet
    while len(left):
        values = _mixed(values)
        bits = (_SLOTS * len(left)).bit_length()
        slots = (values >> np.uint64(64 - bits)).view(np.int64)
        table = np.empty(1 << bits, np.int32)
        claims = np.arange(len(left), dtype=np.int32)
        table[slots[::-1]] = claims[::-1]  # reversed, so that the first claim of a slot stays
        owners = table.take(slots)
        first[left] = left.take(owners)  # corrected by a later round if wrong
        others = np.flatnonzero(values.take(owners) != values)
        left, values = left.take(others), values.take(others)
    return first


def _are_equal(lanes: list[_Lane], first: NDArray[np.int32]) -> bool:
    """Return whether every piece equals the first piece that was assigned to it."""
    for those, values in lanes:
        spread = values
        if len(values) < len(first):
            spread = np.zeros(len(first), np.uint64)
            spread[those] = values
        if not np.array_equal(spread.take(first), spread):
            return False
    return True


def _first_by_dict(
    text: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.int32]:
    seen: dict[bytes, int] = {}
    pairs = zip(starts.tolist(), lengths.tolist(), strict=True)
    found = [seen.setdefault(text[at : at + size], i) for i, (at, size) in enumerate(pairs)]
    return np.array(found, np.int32)
