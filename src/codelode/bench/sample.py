"""Samples to measure: chunks of an index, files of a tree. The same seed gives the same sample.

Samples are in random order, so the beginning of a sample is a fair sample too: a measurement that
runs out of time may stop anywhere.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.candidates import chunk_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codelode.segment.reader import Segment
    from codelode.store.snapshot import LiveSegment, Snapshot
    from codelode.types import SourceFile

NEIGHBORS = 32
"""Chunks and files are drawn in groups of neighbors, as indexing meets them: then a block of
compressed text is decompressed once."""


@dataclass(frozen=True, slots=True)
class SampledChunk:
    """A live chunk of an index. `key` is what `search.candidates.chunk_keys` returns for it."""

    key: int
    path: str
    language: str | None
    symbol: str | None
    text: bytes


def draw_chunks(snapshot: Snapshot, limit: int, seed: int) -> list[SampledChunk]:
    """Draw up to `limit` live chunks, all equally likely. Raises `DamagedError`."""
    ordinals = [_live_ordinals(live) for live in snapshot.segments]
    ends = np.cumsum([len(rows) for rows in ordinals])
    total = int(ends[-1]) if len(ends) else 0
    picked = random.Random(seed).sample(range(total), min(limit, total))
    chunks = []
    with snapshot.damage_explained(), snapshot.held():
        for place in picked:
            number = int(np.searchsorted(ends, place, side="right"))
            ordinal = int(ordinals[number][place - int(ends[number])])
            chunks += _read(snapshot.segments[number].segment, number, np.array([ordinal]))
    return chunks


def draw_groups(snapshot: Snapshot, seed: int) -> Iterator[list[SampledChunk]]:
    """Yield all live chunks in groups of neighbors, in random order. Raises `DamagedError`.

    The snapshot is held only while a group is read.
    """
    groups = []
    for number, live in enumerate(snapshot.segments):
        rows = _live_ordinals(live)
        groups += [(number, rows[i : i + NEIGHBORS]) for i in range(0, len(rows), NEIGHBORS)]
    random.Random(seed).shuffle(groups)
    for number, rows in groups:
        with snapshot.damage_explained(), snapshot.held():
            group = _read(snapshot.segments[number].segment, number, rows)
        yield group


def _live_ordinals(live: LiveSegment) -> NDArray[np.int64]:
    if live.chunks is None:
        return np.arange(len(live.segment.chunks))
    return np.flatnonzero(live.chunks)


def _read(segment: Segment, number: int, ordinals: NDArray[np.int64]) -> list[SampledChunk]:
    """Read chunks of a segment. The text of neighbors in one file is decompressed once."""
    table = segment.chunks[ordinals]
    files, starts, sizes = (table[name].tolist() for name in ("file", "start", "length"))
    keys = chunk_keys(number, ordinals).tolist()
    ends = [start + size for start, size in zip(starts, sizes, strict=True)]
    chunks: list[SampledChunk] = []
    first = 0
    while first < len(ordinals):
        last = first
        while last + 1 < len(ordinals) and files[last + 1] == files[first]:
            last += 1
        file, base = files[first], starts[first]
        path, language = segment.path(file), segment.language(file)
        text = segment.text(file, base, ends[last])
        for i in range(first, last + 1):
            symbol = segment.symbol(int(ordinals[i]))
            part = text[starts[i] - base : ends[i] - base]
            name = symbol[0] if symbol else None
            chunks.append(SampledChunk(keys[i], path, language, name, part))
        first = last + 1
    return chunks


@dataclass(slots=True)
class FileSample:
    """A sample of the files that a walk finds, in groups of neighbors, in bounded memory.

    `files` and `size` bound the sample, in files and bytes. `found` and `found_bytes` are the
    number and the size of all files of the walk.
    """

    files: int
    size: int
    seed: int
    found: int = 0
    found_bytes: int = 0
    _kept: list[tuple[float, list[SourceFile]]] = field(default_factory=list)  # heap: (-key, group)
    _files: int = 0
    _bytes: int = 0

    def draw(self, walked: Iterable[SourceFile]) -> list[SourceFile]:
        """Draw a sample, its groups in random order."""
        rng = random.Random(self.seed)
        group: list[SourceFile] = []
        for file in walked:
            self.found += 1
            self.found_bytes += file.size
            group.append(file)
            if len(group) == NEIGHBORS:
                self._offer(rng.random(), group)
                group = []
        if group:
            self._offer(rng.random(), group)
        return list(self._first())

    def _offer(self, key: float, group: list[SourceFile]) -> None:
        """Add a group; drop groups, largest key first, while the rest reaches `files` or `size`."""
        heapq.heappush(self._kept, (-key, group))
        self._files += len(group)
        self._bytes += sum(file.size for file in group)
        while len(self._kept) > 1:
            last = self._kept[0][1]
            size = sum(file.size for file in last)
            if self._files - len(last) < self.files and self._bytes - size < self.size:
                return
            heapq.heappop(self._kept)
            self._files -= len(last)
            self._bytes -= size

    def _first(self) -> Iterator[SourceFile]:
        files = size = 0
        for _, group in sorted(self._kept, key=lambda kept: -kept[0]):
            for file in group:
                files += 1
                size += file.size
                if files > self.files or (size > self.size and files > 1):
                    return
                yield file
