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


def bucket_keys(first: int, stop: int) -> NDArray[np.uint64]:
    """The lowest keys of two buckets, uint64[2]; `BUCKETS` is the end."""
    return np.array([first, stop], np.uint64) << np.uint64(_TAIL_BITS)


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

    def keys(self, first: int = 0, stop: int = BUCKETS) -> NDArray[np.uint64]:
        """The keys in the buckets `[first, stop)`, uint64[t]."""
        firsts = self.buckets["term"][first : stop + 1].astype(np.int64)
        upper = np.repeat(np.arange(first, stop, dtype=np.uint64), firsts[1:] - firsts[:-1])
        keys: NDArray[np.uint64] = upper << np.uint64(_TAIL_BITS)
        return keys | self.tails[firsts[0] : firsts[-1]]

    def sizes(self, first: int = 0, stop: int = BUCKETS) -> NDArray[np.int64]:
        """How many bytes each list takes of the terms in these buckets, int64[t]."""
        low, high = int(self.buckets["term"][first]), int(self.buckets["term"][stop])
        sizes = self.lengths[low:high].astype(np.int64)
        longer = self.longer[slice(*np.searchsorted(self.longer["term"], (low, high)))]
        sizes[longer["term"] - low] += longer["more"]
        return sizes


class DictionaryWriter:
    """Makes a dictionary of slices of ascending keys."""

    def __init__(self) -> None:
        self._tails = [np.zeros(0, np.uint32)]
        self._lengths = [np.zeros(0, np.uint8)]
        self._longer = [np.zeros(0, LONG)]
        self._terms = np.zeros(BUCKETS + 1, np.int64)  # in the buckets before
        self._bytes = np.zeros(BUCKETS + 1, np.int64)

    def add(self, keys: NDArray[np.uint64], sizes: NDArray[np.int64]) -> None:
        """More keys, uint64[t], whose lists take `sizes` bytes, int64[t]."""
        longer = np.flatnonzero(sizes > LENGTH_CAP)
        table = np.zeros(len(longer), LONG)
        table["term"] = int(self._terms.sum()) + longer
        table["more"] = sizes[longer] - LENGTH_CAP
        buckets = (keys >> np.uint64(_TAIL_BITS)).astype(np.int64) + 1
        self._terms += np.bincount(buckets, minlength=BUCKETS + 1)
        self._bytes += np.bincount(buckets, sizes, BUCKETS + 1).astype(np.int64)
        self._tails.append(keys.astype(np.uint32))
        self._lengths.append(np.minimum(sizes, LENGTH_CAP).astype(np.uint8))
        self._longer.append(table)

    def finish(self) -> Dictionary:
        """The dictionary of all that was added."""
        buckets = np.zeros(BUCKETS + 1, BUCKET)
        buckets["term"], buckets["byte"] = np.cumsum(self._terms), np.cumsum(self._bytes)
        return Dictionary(
            np.concatenate(self._tails),
            np.concatenate(self._lengths),
            np.concatenate(self._longer),
            buckets,
        )
