"""The dictionary of a segment: from the hash of a term to the bytes of its posting list.

A term is known by the upper 40 bits of its 64-bit hash, its *key*: among ten million different
terms, one in a hundred thousand shares its key with another. The upper 8 bits of the key are the
number of a bucket; within it the other 32, the *tails*, ascend. Of every list only the length is
kept, in a byte; a sum over a part of one bucket finds where it begins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUCKETS = 256
LENGTH_CAP = 255

_KEY_SHIFT = 24  # from a hash to its key
_TAIL_BITS = 32

KEYS = BUCKETS << _TAIL_BITS
"""How many keys there are."""

BUCKET = np.dtype([("term", "<u4"), ("byte", "<u4")])
"""Where a bucket begins: among the terms, and among the bytes of the lists. The last is the end."""

LONG = np.dtype([("term", "<u4"), ("more", "<u4")])
"""A list longer than `LENGTH_CAP` bytes: the number of its term, and by how much."""


DICTIONARY_SECTIONS = {"tails": "<u4", "lengths": "u1", "longer": LONG, "buckets": BUCKET}
"""The sections of a segment that make up its dictionary, and what they are arrays of."""


def key_of(term: int) -> int:
    """The key of a term's hash."""
    return term >> _KEY_SHIFT


def keys_of(terms: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The keys of hashes: uint64[n] both."""
    return terms >> np.uint64(_KEY_SHIFT)


def split_key(key: int) -> tuple[int, np.uint32]:
    """Bucket and tail of a key."""
    return key >> _TAIL_BITS, np.uint32(key & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """All terms of a segment and the lengths of their lists, as they are on disk.

    tails uint32[t]; lengths uint8[t]; longer LONG[n]; buckets BUCKET[257].
    """

    tails: NDArray[np.uint32]
    lengths: NDArray[np.uint8]
    longer: NDArray[np.void]
    buckets: NDArray[np.void]

    @classmethod
    def of(cls, keys: NDArray[np.uint64], sizes: NDArray[np.int64]) -> Dictionary:
        """The dictionary of ascending keys, uint64[t], whose lists take `sizes` bytes, int64[t]."""
        longer = np.flatnonzero(sizes > LENGTH_CAP)
        table = np.zeros(len(longer), LONG)
        table["term"], table["more"] = longer, sizes[longer] - LENGTH_CAP
        buckets = np.zeros(BUCKETS + 1, BUCKET)
        firsts = np.arange(BUCKETS + 1, dtype=np.uint64) << np.uint64(_TAIL_BITS)
        buckets["term"] = np.searchsorted(keys, firsts)
        buckets["byte"] = np.concatenate(([0], np.cumsum(sizes)))[buckets["term"]]
        lengths = np.minimum(sizes, LENGTH_CAP).astype(np.uint8)
        return cls(keys.astype(np.uint32), lengths, table, buckets)

    def keys(self) -> NDArray[np.uint64]:
        """The keys, uint64[t]."""
        firsts = self.buckets["term"].astype(np.int64)
        upper = np.repeat(np.arange(BUCKETS, dtype=np.uint64), firsts[1:] - firsts[:-1])
        keys: NDArray[np.uint64] = upper << np.uint64(_TAIL_BITS) | self.tails
        return keys

    def sizes(self) -> NDArray[np.int64]:
        """How many bytes each list takes, int64[t]."""
        sizes = self.lengths.astype(np.int64)
        sizes[self.longer["term"]] += self.longer["more"]
        return sizes
