"""A shard: segments of an index that are searched together, and the caches of these searches."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from codelode.lru import LruCache
from codelode.search.fair_lock import SEARCH_LOCK
from codelode.text.csr import table_rows

if TYPE_CHECKING:
    from typing import Self

    from codelode.search.candidates import Places
    from codelode.segment.reader import Segment
    from codelode.store.snapshot import Snapshot


_MASK_BYTES = 1 << 26
"""The memory for the masks of filters; two filters are always kept."""

_LIVE_COUNTS = 4096

_FOLDERS = 8


class Shard:
    """A snapshot and the caches of the searches in it, shared by threads.

    On one machine, a snapshot is one shard. An index on many machines has many shards; each has the
    manifest of the whole index, but only some of its segments.

    The segments may belong to several trees. For each segment, `prefixes` has the path of its
    tree from the folder that holds everything searched, with a final slash; "" if the tree itself
    holds everything. Paths in hits, features and ties begin with the prefix; globs are relative to
    the tree.
    """

    def __init__(self, snapshot: Snapshot, prefixes: Sequence[str] | None = None) -> None:
        self.snapshot = snapshot
        self._set_prefixes(prefixes or [""] * len(snapshot.segments))
        chunks = sum(live.entry.chunks for live in snapshot.segments)
        self.masks: LruCache[Any, Any] = LruCache(max(2, _MASK_BYTES // (4 * chunks + 1)))
        """The cache of `search.filters`."""
        self.length_norms: LruCache[tuple[int, float], NDArray[np.float32]] = LruCache(len(self))
        """The cache of `search.lexical`: by segment number and average length."""
        self.live_counts: LruCache[tuple[int, int], int] = LruCache(_LIVE_COUNTS)
        """The cache of the numbers of live chunks, by segment number and term hash."""
        self.mean_norms = [np.full(live.entry.rows, -1, np.float32) for live in snapshot.segments]
        """The cache of `search.file_means`: a number per file, -1 if not known yet."""

    def _set_prefixes(self, prefixes: Sequence[str]) -> None:
        self._below: LruCache[str, Self] = LruCache(_FOLDERS)
        self._prefixes = [os.fsencode(prefix) for prefix in prefixes]
        self._salts = [xxhash.xxh3_64_intdigest(each) if each else 0 for each in self._prefixes]
        self.file_roles = [np.zeros(live.entry.rows, np.uint8) for live in self.snapshot.segments]
        """The cache of `search.file_roles`: a byte per file of each segment, 0 if not known yet."""

    def below(self, folder: str) -> Self:
        """Return this shard with a folder in front of all its paths: with a final slash, or "".

        The two shards share the caches that do not depend on paths.
        """
        if not folder:
            return self
        shard = self._below.get(folder)
        if shard is None:
            shard = copy.copy(self)
            shard._set_prefixes([folder + os.fsdecode(each) for each in self._prefixes])
            self._below.put(folder, shard)
        return shard

    @contextmanager
    def searched(self) -> Iterator[None]:
        """Hold the lock of searches and the files within the block.

        Raises `DamagedError` if a file is truncated, or a damaged one makes the block fail.
        """
        with SEARCH_LOCK.held(), self.snapshot.damage_explained(), self.snapshot.held():
            yield

    def __len__(self) -> int:
        return len(self.snapshot.segments)

    def segment(self, number: int) -> Segment:
        """Return the segment with a number."""
        return self.snapshot.segments[number].segment

    def text(self, number: int, ordinal: int) -> bytes:
        """Return the text of a chunk of a segment."""
        segment = self.segment(number)
        file, start, length, *_ = segment.chunks[ordinal].item()
        return segment.text(file, start, start + length)

    def places(self, number: int, ordinals: NDArray[np.int64]) -> Places:
        """Return the places of some chunks of a segment."""
        segment = self.segment(number)
        chunks = segment.chunks[ordinals]
        return self.path_hashes(number, chunks["file"]), chunks["start"]

    def path(self, number: int, file: int) -> str:
        """Return the path of a file of a segment, with its prefix."""
        return os.fsdecode(self._prefixes[number]) + self.segment(number).path(file)

    def path_inside(self, number: int, path: str) -> str | None:
        """Return a path without the prefix of a segment; None if it does not begin with it."""
        prefix = os.fsdecode(self._prefixes[number])
        return path[len(prefix) :] if path.startswith(prefix) else None

    def paths(self, number: int, files: NDArray[np.integer]) -> list[bytes]:
        """Return the paths of some files of a segment, with their prefix."""
        return self.paths_in(number, table_rows([(self.segment(number).files, files)]))

    def paths_in(self, number: int, table: NDArray[np.void]) -> list[bytes]:
        """Return the paths of some rows of the table of files of a segment, with their prefix."""
        paths = self.segment(number).pieces("paths", table["path_start"], table["path_length"])
        prefix = self._prefixes[number]
        return [prefix + path for path in paths] if prefix else paths

    def path_hashes(self, number: int, files: NDArray[np.integer]) -> NDArray[np.uint64]:
        """Return the path hashes of some files of a segment, uint64[n].

        A hash depends on the prefix and the path, not on the segment, and orders hits that tie.
        """
        hashes: NDArray[np.uint64] = self.segment(number).files["path_hash"][files]
        return hashes ^ np.uint64(self._salts[number])
