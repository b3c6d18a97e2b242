"""What is measured: some chunks of an index, some files of a tree. The same seed, the same sample.

Both come in random order, so that the first of a sample are a fair sample too: whoever runs out of
time may stop anywhere.
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

NEIGHBOURS = 32
"""Chunks, and files, are drawn in runs of so many neighbours: as indexing meets them, and a block
of compressed text is read once."""


@dataclass(frozen=True, slots=True)
class SampledChunk:
    """A live chunk of an index. `key` is its `search.candidates.chunk_keys`."""

    key: int
    path: str
    language: str | None
    symbol: str | None
    text: bytes


def draw_chunks(snapshot: Snapshot, limit: int, seed: int) -> list[SampledChunk]:
    """Up to `limit` live chunks, each as likely as any other. May raise `DamagedError`."""
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


def draw_runs(snapshot: Snapshot, seed: int) -> Iterator[list[SampledChunk]]:
    """All live chunks, in runs of neighbours, the runs in random order. May raise `DamagedError`.

    The snapshot is held only while a run is read.
    """
    runs = []
    for number, live in enumerate(snapshot.segments):
        rows = _live_ordinals(live)
        runs += [(number, rows[i : i + NEIGHBOURS]) for i in range(0, len(rows), NEIGHBOURS)]
    random.Random(seed).shuffle(runs)
    for number, rows in runs:
        with snapshot.damage_explained(), snapshot.held():
            run = _read(snapshot.segments[number].segment, number, rows)
        yield run


def _live_ordinals(live: LiveSegment) -> NDArray[np.int64]:
    if live.chunks is None:
        return np.arange(len(live.segment.chunks))
    return np.flatnonzero(live.chunks)


def _read(segment: Segment, number: int, ordinals: NDArray[np.int64]) -> list[SampledChunk]:
    """Chunks of a segment; the text of neighbours in one file is decompressed once."""
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
    """Files drawn from those that a walk finds, in runs of neighbours; memory is bounded.

    `files` and `size` bound the sample, in files and bytes. `found` and `found_bytes` count all.
    """

    files: int
    size: int
    seed: int
    found: int = 0
    found_bytes: int = 0
    _kept: list[tuple[float, list[SourceFile]]] = field(default_factory=list)  # a heap
    _files: int = 0
    _bytes: int = 0

    def draw(self, walked: Iterable[SourceFile]) -> list[SourceFile]:
        """The sample, the runs in random order."""
        rng = random.Random(self.seed)
        run: list[SourceFile] = []
        for file in walked:
            self.found += 1
            self.found_bytes += file.size
            run.append(file)
            if len(run) == NEIGHBOURS:
                self._offer(rng.random(), run)
                run = []
        if run:
            self._offer(rng.random(), run)
        return list(self._first())

    def _offer(self, key: float, run: list[SourceFile]) -> None:
        """Keep the runs with the smallest keys, and no more of them than are needed."""
        heapq.heappush(self._kept, (-key, run))
        self._files += len(run)
        self._bytes += sum(file.size for file in run)
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
        for _, run in sorted(self._kept, key=lambda kept: -kept[0]):
            for file in run:
                files += 1
                size += file.size
                if files > self.files or (size > self.size and files > 1):
                    return
                yield file
