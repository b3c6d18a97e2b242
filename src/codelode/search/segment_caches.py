"""The caches of searches that have a value for each segment.

Shards with some segments in common can share these caches. Then a search computes values only for
segments that no earlier search had.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from codelode.lru import LruCache

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MASK_BYTES = 1 << 26
"""The memory for the masks of filters; two filters are always kept."""

_LIVE_COUNTS = 4096


def mask_room(chunks: int) -> int:
    """Return the number of filters whose masks are kept, given the number of chunks."""
    return max(2, _MASK_BYTES // (4 * chunks + 1))


class SegmentCaches:
    """Values by segment. A segment is named by its slot: the same number in all shards."""

    def __init__(self, segments: int, chunks: int, averages: int = 1) -> None:
        """Make room for `segments` segments, which have `chunks` chunks in all.

        `averages` says for how many average chunk lengths the length norms of a segment are kept.
        """
        self.masks: LruCache[tuple[Any, int], Any] = LruCache(mask_room(chunks) * segments)
        """The masks of `search.filters` that shards share: by filter and slot, each in a tuple."""
        self.length_norms: LruCache[tuple[int, float], NDArray[np.float32]] = LruCache(
            averages * segments
        )
        """The cache of `search.lexical`: by slot and average length."""
        self.live_counts: LruCache[tuple[int, int], int] = LruCache(_LIVE_COUNTS)
        """Another: live chunks by slot and term hash."""
        self._mean_norms: dict[int, NDArray[np.float32]] = {}
        self._file_roles: dict[int, NDArray[np.uint8]] = {}

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
