"""The dictionary of a segment: from the hash of a term to the bytes of its posting list.

A term is known by the upper 40 bits of its 64-bit hash, its *key*: among ten million different
terms, one in a hundred thousand shares its key with another. The upper 8 bits of the key are the
number of a bucket; the terms of a bucket are neighbors, in the order of their keys.

Only the *tail* of each key is stored. In a segment with few terms, the tail is the lower 32 bits.
With many terms, the tail is the lower 24 bits. The upper 16 bits of a key are its *slot*, and the
number of terms is stored for each slot: this costs less than one more byte per tail would.

Only the length of each posting list is stored. Most terms occur once in one chunk, and their lists
have two bytes; one bit per term marks them. Any other length takes a byte. The start of a list is
the sum of the lengths before it in its bucket (see `term_lookup`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUCKETS = 256
SLOTS = 1 << 16
MANY_TERMS = SLOTS
"""With more terms than this, slots save more than they cost."""
SHORT = 2
"""The bytes of the shortest list: an ordinal."""
LENGTH_CAP = 255

_KEY_SHIFT = 24  # a hash, shifted right by this, is its key
_BUCKET_SHIFT = 32  # from a key to its bucket
_SLOT_SHIFT = 24  # from a key to its slot
_SLOTS_PER_BUCKET = SLOTS // BUCKETS
_SLOT_CAP = 255  # terms per slot; only an attacker can find more with the same slot

BUCKET = np.dtype([("term", "<u4"), ("byte", "<u4"), ("length", "<u4")])
"""The start of a bucket: number of its first term, offset of its first list, and its first byte in
`lengths`. The last row is the end."""

LONG = np.dtype([("term", "<u4"), ("more", "<u4")])
"""A list longer than `LENGTH_CAP` bytes: the number of its term, and by how much."""


DICTIONARY_SECTIONS = {
    "slots": "u1",
    "tails": "u1",
    "short": "u1",
    "lengths": "u1",
    "longer": LONG,
    "buckets": BUCKET,
}
"""The sections of the dictionary and their dtypes."""


def key_of(term: int) -> int:
    """Return the key of a term's hash."""
    return term >> _KEY_SHIFT


def keys_of(terms: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the keys of hashes; both are uint64[n]."""
    return terms >> np.uint64(_KEY_SHIFT)


def bucket_keys(first: int, stop: int) -> NDArray[np.uint64]:
    """Return the lowest keys of buckets `first` and `stop`, uint64[2]. `stop` may be `BUCKETS`."""
    return np.array([first, stop], np.uint64) << np.uint64(_BUCKET_SHIFT)


def bucket_of(key: int) -> int:
    """Return the bucket of a key."""
    return key >> _BUCKET_SHIFT


def slots_of(bucket: int) -> slice:
    """Return the slots of a bucket."""
    return slice(bucket * _SLOTS_PER_BUCKET, (bucket + 1) * _SLOTS_PER_BUCKET)


def slot_of(key: int) -> int:
    """Return the slot of a key, counted from the first of its bucket."""
    return (key >> _SLOT_SHIFT) % _SLOTS_PER_BUCKET


def tail_bytes(slots: int) -> int:
    """Return the length of a key's tail in bytes; `slots` is 0 for a segment without slots."""
    return (_SLOT_SHIFT if slots else _BUCKET_SHIFT) // 8


@dataclass(frozen=True, slots=True, eq=False)
class Dictionary:
    """The t terms of a segment and the lengths of their posting lists, as they are on disk.

    slots uint8[65536] or [0]; tails uint8[t * 3] or [t * 4]; short uint8[t / 8], one bit per term;
    lengths uint8[n], of the lists that are not short; longer LONG[m], of the lists for which a byte
    is not enough; buckets BUCKET[257].
    """

    slots: NDArray[np.uint8]
    tails: NDArray[np.uint8]
    short: NDArray[np.uint8]
    lengths: NDArray[np.uint8]
    longer: NDArray[np.void]
    buckets: NDArray[np.void]

    def keys(self, first: int = 0, stop: int = BUCKETS) -> NDArray[np.uint64]:
        """Return the keys in the buckets `[first, stop)`, uint64[t]."""
        low, high = self.buckets["term"][[first, stop]].tolist()
        width = tail_bytes(len(self.slots))
        tails = np.zeros((high - low, 8), np.uint8)
        tails[:, :width] = self.tails[width * low : width * high].reshape(-1, width)
        keys: NDArray[np.uint64] = tails.view("<u8").reshape(-1)
        keys |= self._upper(first, stop) << np.uint64(8 * width)
        return keys

    def _upper(self, first: int, stop: int) -> NDArray[np.uint64]:
        """Return the bits above the tails of the keys in the buckets `[first, stop)`, uint64[t]."""
        if len(self.slots):
            begin, end = slots_of(first).start, slots_of(stop).start
            return np.repeat(np.arange(begin, end, dtype=np.uint64), self.slots[begin:end])
        firsts = self.buckets["term"][first : stop + 1].astype(np.int64)
        return np.repeat(np.arange(first, stop, dtype=np.uint64), firsts[1:] - firsts[:-1])

    def sizes(self, first: int = 0, stop: int = BUCKETS) -> NDArray[np.int64]:
        """Return the length in bytes of each posting list in buckets `[first, stop)`, int64[t]."""
        (low, _, begin), (high, _, end) = self.buckets[[first, stop]].tolist()
        sizes = np.full(high - low, SHORT, np.int64)
        sizes[~self.are_short(low, high)] = self.lengths[begin:end]
        longer = self.longer[slice(*np.searchsorted(self.longer["term"], (low, high)))]
        sizes[longer["term"] - low] += longer["more"]
        return sizes

    def are_short(self, low: int, high: int) -> NDArray[np.bool_]:
        """Return which of the terms `[low, high)` have lists of `SHORT` bytes."""
        bits = np.unpackbits(self.short[low // 8 : -(-high // 8)], bitorder="little")
        return bits[low % 8 : low % 8 + high - low].view(bool)


class DictionaryWriter:
    """A builder of a dictionary; keys are added in ascending order, some at a time."""

    def __init__(self) -> None:
        self._tails = [np.zeros(0, "<u4")]
        self._short = [np.zeros(0, bool)]
        self._lengths = [np.zeros(0, np.uint8)]
        self._longer = [np.zeros(0, LONG)]
        self._slots = np.zeros(SLOTS, np.int64)
        self._totals = np.zeros((3, BUCKETS + 1), np.int64)  # column i + 1 is for bucket i

    def add(self, keys: NDArray[np.uint64], sizes: NDArray[np.int64]) -> None:
        """Add keys uint64[t] whose lists take `sizes` bytes, int64[t]."""
        longer = np.flatnonzero(sizes > LENGTH_CAP)
        table = np.zeros(len(longer), LONG)
        table["term"] = int(self._totals[0].sum()) + longer
        table["more"] = sizes[longer] - LENGTH_CAP
        short = sizes == SHORT
        after = (keys >> np.uint64(_BUCKET_SHIFT)).astype(np.int64) + 1
        for total, weights in zip(self._totals, (None, sizes, ~short), strict=True):
            total += np.bincount(after, weights, BUCKETS + 1).astype(np.int64)
        slots = (keys >> np.uint64(_SLOT_SHIFT)).astype(np.int64)
        self._slots += np.bincount(slots, minlength=SLOTS)
        self._tails.append(keys.astype("<u4"))
        self._short.append(short)
        self._lengths.append(np.minimum(sizes[~short], LENGTH_CAP).astype(np.uint8))
        self._longer.append(table)

    def finish(self) -> Dictionary:
        """Return the dictionary of all keys added."""
        buckets = np.zeros(BUCKETS + 1, BUCKET)
        for name, totals in zip(BUCKET.names or (), self._totals, strict=True):
            buckets[name] = np.cumsum(totals)
        tails = np.concatenate(self._tails)
        many = len(tails) > MANY_TERMS and self._slots.max() <= _SLOT_CAP
        slots = self._slots.astype(np.uint8) if many else np.zeros(0, np.uint8)
        bytes_of_tails = tails.view(np.uint8).reshape(-1, tails.itemsize)
        return Dictionary(
            slots,
            np.ascontiguousarray(bytes_of_tails[:, : tail_bytes(len(slots))]).reshape(-1),
            np.packbits(np.concatenate(self._short), bitorder="little"),
            np.concatenate(self._lengths),
            np.concatenate(self._longer),
            buckets,
        )
