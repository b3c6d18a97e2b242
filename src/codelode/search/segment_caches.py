"""The caches in which searches keep a value for each segment.

Shards with some segments in common can share these caches. Then a search computes values only for
segments that no earlier search had.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from codelode.lru import LruCache
from codelode.search.fair_lock import SEARCH_LOCK

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from numpy.typing import NDArray

_MASK_BYTES = 1 << 26
"""The memory for the masks of filters; two filters are always kept."""

_LIVE_COUNTS = 4096

_LOOK_SECONDS = 0.05
"""A thread that waits for another checks this often whether its search is still wanted."""


def mask_room(chunks: int) -> int:
    """Return the number of filters whose masks are kept, given the number of chunks."""
    return max(2, _MASK_BYTES // (4 * chunks + 1))


class SegmentCaches:
    """Cached values by segment; a segment is identified by its slot, the same in all shards."""

    def __init__(self, segments: int, chunks: int, averages: int = 1) -> None:
        """Make room for `segments` segments, which have `chunks` chunks in all.

        `averages` says for how many average chunk lengths the length norms of a segment are kept.
        """
        self.masks: LruCache[tuple[Any, int], Any] = LruCache(1)
        """The masks of `search.filters` that shards share: by filter and slot, each in a tuple."""
        self.length_norms: LruCache[tuple[int, float], NDArray[np.float32]] = LruCache(1)
        """The cache of `search.lexical`: by slot and average length."""
        self._averages = averages
        self.make_room(segments, chunks)
        self.live_counts: LruCache[tuple[int, int], int] = LruCache(_LIVE_COUNTS)
        """Another: live chunks by slot and term hash."""
        self._mean_norms: dict[int, NDArray[np.float32]] = {}
        self._file_roles: dict[int, NDArray[np.uint8]] = {}
        self._computing: dict[Hashable, threading.Lock] = {}

    def make_room(self, segments: int, chunks: int) -> None:
        """Make room for `segments` segments, which have `chunks` chunks in all, from now on."""
        self.masks.make_room(mask_room(chunks) * segments)
        self.length_norms.make_room(self._averages * segments)

    def forget(self, slots: Iterable[int]) -> None:
        """Drop the values of slots that no shard will use any more.

        The LRU caches drop old values by themselves; this drops the values of the other caches.
        """
        for slot in slots:
            self._mean_norms.pop(slot, None)
            self._file_roles.pop(slot, None)

    @contextmanager
    def computing(self, key: Hashable) -> Iterator[None]:
        """Let one thread at a time compute the masks of a filter; others wait for it here.

        They release the search lock meanwhile.
        """
        from codelode.search.wanted import check_wanted  # only shards that share caches need it

        lock = self._computing.setdefault(key, threading.Lock())
        with SEARCH_LOCK.released():
            while not lock.acquire(timeout=_LOOK_SECONDS):
                check_wanted()
        try:
            yield
        finally:
            self._computing.pop(key, None)
            lock.release()

    def mean_norms(self, slot: int, files: int) -> NDArray[np.float32]:
        """Return the cache of `search.file_means`: a number per file, -1 if not known yet."""
        found = self._mean_norms.get(slot)
        if found is None:
            found = self._mean_norms.setdefault(slot, np.full(files, -1, np.float32))
        return found

    def file_roles(self, slot: int, files: int) -> NDArray[np.uint8]:
        """Return the cache of `search.file_roles`: a byte per file, 0 if not known yet."""
        found = self._file_roles.get(slot)
        if found is None:
            found = self._file_roles.setdefault(slot, np.zeros(files, np.uint8))
        return found
