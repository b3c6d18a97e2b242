"""A shard: segments of an index that are searched together, and the caches of these searches."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import xxhash
from numpy.typing import NDArray

from codelode.lru import LruCache
from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.parallel_scan import shared_out
from codelode.search.segment_caches import SegmentCaches, mask_room
from codelode.store.snapshot import Snapshot
from codelode.text.csr import table_rows

if TYPE_CHECKING:
    from typing import Self

    from codelode.search.candidates import Places
    from codelode.segment.reader import Segment

T = TypeVar("T")

_FOLDERS = 8

_BATCH_CHUNKS = 1 << 16
"""The masks of about this many chunks are computed at once: their text is read in some 0.1 s."""

_TEXTS_PER_HELPER = 6
"""This many texts are worth the help of an idle core."""

_KEPT_BYTES = 1 << 12
_TEXTS: LruCache[tuple[int, int], bytes] = LruCache(512)
"""The texts read last, of all shards, unless they are longer: up to 2 MB. A query often has hits
of the query before: while it is typed, half of its texts are known."""


class Shard:
    """A snapshot and the caches of the searches in it, shared by threads.

    On one machine, a snapshot is one shard. An index on many machines has many shards; each has the
    manifest of the whole index, but only some of its segments.

    The segments may belong to several trees. For each segment, `prefixes` has the path of its tree,
    relative to a common folder of all trees and with a final slash; "" if the tree is this folder
    itself. Paths in hits, features and ties begin with the prefix; globs are relative to
    the tree.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        prefixes: Sequence[str] | None = None,
        caches: SegmentCaches | None = None,
        slots: Sequence[int] | None = None,
    ) -> None:
        """Wrap a snapshot. Shards may share `caches`, where `slots` are the segments' keys.

        A slot stands for a segment with its prefix and its dead files.
        """
        self.snapshot = snapshot
        segments = snapshot.segments
        chunks = sum(live.entry.chunks for live in segments)
        self.caches = caches or SegmentCaches(len(segments), chunks)
        self.slots = range(len(segments)) if slots is None else slots
        """The names of the segments in `caches`."""
        self._shares = caches is not None
        self._masks: LruCache[Hashable, Any] = LruCache(mask_room(chunks))
        self.mean_norms = [
            self.caches.mean_norms(slot, live.entry.rows)
            for slot, live in zip(self.slots, segments, strict=True)
        ]
        """The cache of `search.file_means`: a number per file, -1 if not known yet."""
        self._set_prefixes(prefixes or [""] * len(segments))
        self.file_roles = [
            self.caches.file_roles(slot, live.entry.rows)
            for slot, live in zip(self.slots, segments, strict=True)
        ]
        """The cache of `search.file_roles`: a byte per file of each segment, 0 if not known yet."""

    def _set_prefixes(self, prefixes: Sequence[str]) -> None:
        self._below: LruCache[str, Self] = LruCache(_FOLDERS)
        self._prefixes = [os.fsencode(prefix) for prefix in prefixes]
        self._salts = [xxhash.xxh3_64_intdigest(each) if each else 0 for each in self._prefixes]

    def part(self, numbers: Sequence[int]) -> Shard:
        """Return a shard of some segments that shares the caches of this one."""
        live = self.snapshot.segments
        return Shard(
            Snapshot(self.snapshot.manifest, [live[number] for number in numbers]),
            [os.fsdecode(self._prefixes[number]) for number in numbers],
            self.caches,
            [self.slots[number] for number in numbers],
        )

    def masks(self, key: Hashable, compute: Callable[[Shard], list[T]]) -> list[T]:
        """Return the masks of a filter, by segment; keep them for later searches.

        `compute` returns the masks of a shard; it is called for the segments whose mask is unknown.
        """
        if self._shares:
            return self._shared_masks(key, compute)
        masks: list[T] | None = self._masks.get(key)
        if masks is None:
            masks = compute(self)
            self._masks.put(key, masks)
        return masks

    def _shared_masks(self, key: Hashable, compute: Callable[[Shard], list[T]]) -> list[T]:
        """Compute unknown masks in batches; keep the finished ones if the search is given up."""
        from codelode.search.wanted import check_wanted  # only shards that share caches need it

        cache = self.caches.masks
        found: list[tuple[T] | None] = [cache.get((key, slot)) for slot in self.slots]
        if None in found:
            with self.caches.computing(key):
                for number, slot in enumerate(self.slots):  # another thread may have computed some
                    found[number] = found[number] or cache.get((key, slot))
                for batch in self._batches(i for i, value in enumerate(found) if value is None):
                    check_wanted()
                    for number, value in zip(batch, compute(self.part(batch)), strict=True):
                        found[number] = (value,)
                        cache.put((key, self.slots[number]), (value,))
        return [value for each in found if each is not None for value in each]

    def _batches(self, numbers: Iterable[int]) -> Iterator[list[int]]:
        """Yield some segments in batches of about `_BATCH_CHUNKS` chunks or more."""
        batch: list[int] = []
        chunks = 0
        for number in numbers:
            batch.append(number)
            chunks += self.snapshot.segments[number].entry.chunks
            if chunks >= _BATCH_CHUNKS:
                yield batch
                batch, chunks = [], 0
        if batch:
            yield batch

    def below(self, folder: str) -> Self:
        """Return this shard with a folder in front of all its paths.

        `folder` ends with a slash, or is empty. The two shards share the caches that do not depend
        on paths.
        """
        if not folder:
            return self
        shard = self._below.get(folder)
        if shard is None:
            shard = copy.copy(self)
            shard._set_prefixes([folder + os.fsdecode(each) for each in self._prefixes])
            shard.file_roles = [np.zeros_like(each) for each in self.file_roles]
            self._below.put(folder, shard)
        return shard

    @contextmanager
    def searched(self) -> Iterator[None]:
        """Hold `SEARCH_LOCK`, and keep the files from being truncated, within the block.

        Raises `DamagedError` if a file is truncated, or if a damaged one makes the block fail.
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

    def texts(self, numbers: Sequence[int], ordinals: Sequence[int]) -> list[bytes]:
        """Return the texts of chunks, given the numbers of their segments.

        Idle cores decompress some of them. A block is decompressed from its beginning, so the last
        of its chunks is read first.
        """
        places = zip(numbers, ordinals, strict=True)
        keys = [(self.segment(number).key, ordinal) for number, ordinal in places]
        texts = {row: text for row, key in enumerate(keys) if (text := _TEXTS.get(key)) is not None}
        new = [row for row in range(len(keys)) if row not in texts]
        new.sort(key=ordinals.__getitem__, reverse=True)

        def read(row: int) -> None:
            texts[row] = text = self.text(numbers[row], ordinals[row])
            if len(text) <= _KEPT_BYTES:
                _TEXTS.put(keys[row], text)

        if new:
            with shared_out(read, new, helpers=len(new) // _TEXTS_PER_HELPER):
                pass
        return [texts[row] for row in range(len(keys))]

    def places(self, number: int, ordinals: NDArray[np.int64]) -> Places:
        """Return the `Places` of some chunks of a segment: path hashes and starts."""
        segment = self.segment(number)
        chunks = segment.chunks[ordinals]
        return self.path_hashes(number, chunks["file"]), chunks["start"]

    def prefix(self, number: int) -> str:
        """Return the prefix of a segment."""
        return os.fsdecode(self._prefixes[number])

    def path(self, number: int, file: int) -> str:
        """Return the path of a file of a segment, with its prefix."""
        return self.prefix(number) + self.segment(number).path(file)

    def path_inside(self, number: int, path: str) -> str | None:
        """Return a path without the prefix of a segment; None if it does not have this prefix."""
        prefix = self.prefix(number)
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
