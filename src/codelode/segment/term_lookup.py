"""Find the posting list of a term without reading the whole dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.lazy import cached_property
from codelode.lru import LruCache
from codelode.segment.dictionary import (
    BUCKET,
    LONG,
    SHORT,
    bucket_of,
    key_of,
    slot_of,
    slots_of,
    tail_bytes,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from codelode.segment.container import SegmentFile

CACHED_TERMS = 256
"""A query asks for the list of each of its terms several times."""

NOWHERE = (0, 0)


class Lookup:
    """Finds posting lists by the hashes of their terms. May raise `DamagedError`."""

    def __init__(self, file: SegmentFile) -> None:
        self._file = file
        self._places: LruCache[int, tuple[int, int]] = LruCache(CACHED_TERMS)

    def find(self, term: int) -> tuple[int, int]:
        """Return the byte range of a term's posting list; empty if the term is absent."""
        place = self._places.get(term)
        if place is None:
            place = self._look_up(key_of(term))
            self._places.put(term, place)
        return place

    @cached_property
    def _buckets(self) -> NDArray[np.void]:
        return self._file.array("buckets", BUCKET)

    @cached_property
    def _longer(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        table = self._file.array("longer", LONG)
        return table["term"].copy(), table["more"].copy()  # contiguous copies are searched faster

    @cached_property
    def _slots(self) -> int:
        return self._file.section_bytes()["slots"]

    def _look_up(self, key: int) -> tuple[int, int]:
        bucket = bucket_of(key)
        (first, begin, length), (stop, _, _) = self._buckets[bucket : bucket + 2].tolist()
        term = self._number(key, first, stop)
        if term < 0:
            return NOWHERE
        # `short` has a bit for each term from the first of the bucket to this one.
        short = int.from_bytes(self._file.read("short", first // 8, term // 8 + 1), "little")
        short >>= first % 8
        before = term - first
        is_short, short = short >> before & 1, short & ((1 << before) - 1)
        others = before - short.bit_count()
        lengths = self._file.array("lengths", "u1", length, length + others + 1 - is_short)
        terms, more = self._longer
        low, high, end = terms.searchsorted((first, term, term + 1)).tolist()
        stop = begin + SHORT * (before - others + is_short) + int(lengths.sum())
        if low < end:
            stop += int(more[low:end].sum())
        if is_short:
            return stop - SHORT, stop
        return stop - int(lengths[-1]) - (int(more[high]) if high < end else 0), stop

    def _number(self, key: int, first: int, stop: int) -> int:
        """Find a key's term among its bucket's terms `[first, stop)`; return its number, or -1."""
        if self._slots:
            slots, slot = slots_of(bucket_of(key)), slot_of(key)
            counts = bytes(self._file.read("slots", slots.start, slots.start + slot + 1))
            stop = first + sum(counts)
            first = stop - counts[-1]
        width = tail_bytes(self._slots)
        tails = bytes(self._file.read("tails", width * first, width * stop))
        tail = (key & ((1 << 8 * width) - 1)).to_bytes(width, "little")
        at = tails.find(tail)
        while at > 0 and at % width:  # skip matches that begin within a tail
            at = tails.find(tail, at + 1)
        return first + at // width if at >= 0 else -1
