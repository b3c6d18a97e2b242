"""A shard: segments of an index that are searched together, and the caches of these searches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codelode.lru import LruCache

if TYPE_CHECKING:
    from codelode.search.candidates import Places
    from codelode.segment.reader import Segment
    from codelode.store.snapshot import Snapshot


_MASK_BYTES = 1 << 26
"""The memory for the masks of filters; two filters are always kept."""

_LIVE_COUNTS = 4096


class Shard:
    """A snapshot and the caches of the searches in it, shared by threads.

    On one machine, a snapshot is one shard. An index on many machines has many shards; each has the
    manifest of the whole index, but only some of its segments.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        chunks = sum(live.entry.chunks for live in snapshot.segments)
        self.masks: LruCache[Any, Any] = LruCache(max(2, _MASK_BYTES // (4 * chunks + 1)))
        """The cache of `search.filters`."""
        self.length_norms: LruCache[tuple[int, float], NDArray[np.float32]] = LruCache(len(self))
        """The cache of `search.lexical`: by segment number and average length."""
        self.live_counts: LruCache[tuple[int, int], int] = LruCache(_LIVE_COUNTS)
        """Another: live chunks by segment number and term hash."""
        self.file_roles = [np.zeros(live.entry.rows, np.uint8) for live in snapshot.segments]
        """The cache of `search.file_roles`: a byte per file of each segment, 0 if not known yet."""
        self.mean_norms = [np.full(live.entry.rows, -1, np.float32) for live in snapshot.segments]
        """The cache of `search.file_means`: a number per file, -1 if not known yet."""

    def __len__(self) -> int:
        return len(self.snapshot.segments)

    def segment(self, number: int) -> Segment:
        """Return the segment with a number."""
        return self.snapshot.segments[number].segment

    def places(self, number: int, ordinals: NDArray[np.int64]) -> Places:
        """Return the places of some chunks of a segment."""
        segment = self.segment(number)
        chunks = segment.chunks[ordinals]
        return segment.files["path_hash"][chunks["file"]], chunks["start"]
