"""The changes since the last commit: a walk compared with the file tables of the snapshot.

Files are matched by the 64-bit hash of their path and compared by size, times and inode. This is
done in arrays, a few hundred files at a time: a known file takes a few dozen bytes and no Python
object.
"""

from __future__ import annotations

import time
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codelode.pipeline.scope_rows import rows_within
from codelode.segment.schema import SKIP_REASONS, path_hash
from codelode.segment.stats import STAT_COLUMNS, stat_rows
from codelode.types import Skip, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from codelode.discover.scope import Scope
    from codelode.pipeline.stages import StageClock
    from codelode.store.snapshot import Snapshot
    from codelode.types import SourceFile

RACY_NS = 10_000_000
"""The granularity of file times.

A file is racy if it was modified less than this before a walk, or later: it may have changed again
after it was read, and still have the same times."""

COMPARE_FILES = 512
"""The number of files that are compared with the file tables at once."""


def settled_now() -> int:
    """Wait until no earlier change of a file is racy (see `RACY_NS`); return the time in ns."""
    time.sleep(1.2 * RACY_NS / 1e9)
    return time.time_ns()


def _stats(files: Sequence[SourceFile]) -> NDArray[np.int64]:
    """Return the size, times and inode of each of one or more files, int64[files, 4]."""
    return np.column_stack(([file.size for file in files], stat_rows(files)))


class KnownFiles:
    """The live files of a snapshot within a scope; no files if there is no snapshot yet.

    The arrays have one element per file, sorted by path hash: `hashes` uint64[n], `owners` and
    `rows` int64[n] (the position of the file's segment, and its row there), `stats` int64[n, 4]
    (size, times, inode). The walk sets flags: `seen` if the file exists, `unchanged` if its indexed
    content is current, `restat` if only its times changed.
    """

    def __init__(self, snapshot: Snapshot | None, scope: Scope | None = None) -> None:
        self.snapshot = snapshot
        self.segments = snapshot.segments if snapshot else []
        rows = [np.flatnonzero(live.files) for live in self.segments]
        if scope is not None:
            segments = (live.segment for live in self.segments)
            rows = [rows_within(*each, scope) for each in zip(segments, rows, strict=True)]

        def column(name: str, dtype: type[np.generic]) -> NDArray[Any]:
            tables = (live.segment.files for live in self.segments)
            parts = [t[name][row].astype(dtype) for t, row in zip(tables, rows, strict=True)]
            return np.concatenate([*parts, np.zeros(0, dtype)])

        hashes = column("path_hash", np.uint64)
        order = np.argsort(hashes)
        self.hashes = hashes[order]
        self.rows = np.concatenate([*rows, np.zeros(0, np.int64)])[order]
        self.owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])[order]
        stats = [live.stats[row] for live, row in zip(self.segments, rows, strict=True)]
        times = np.concatenate([*stats, np.zeros((0, len(STAT_COLUMNS)), np.int64)])
        self.stats = np.column_stack((column("size", np.int64), times))[order]
        self.unchanged = np.zeros(len(hashes), bool)
        self.seen = np.zeros(len(hashes), bool)
        self.restat = np.zeros(len(hashes), bool)
        self._racy_after = (snapshot.manifest.started_ns if snapshot else 0) - RACY_NS

    def changed(self, files: Sequence[SourceFile]) -> list[Task]:
        """Return a task for each file that may be new or changed; mark the others unchanged."""
        if not len(self.hashes):
            return [Task(file) for file in files]
        wanted = np.array([path_hash(file.path) for file in files], np.uint64)
        positions = self._find(wanted)
        stats = _stats(files)
        same = (positions >= 0) & (self.stats[positions] == stats).all(axis=1)
        same &= stats[:, 1:3].max(axis=1) < self._racy_after
        self.seen[positions[positions >= 0]] = True
        self.unchanged[positions[same]] = True
        return [
            self._task(file, position)
            for file, position, known in zip(files, positions.tolist(), same.tolist(), strict=True)
            if not known
        ]

    def note_same(self, files: Sequence[SourceFile]) -> None:
        """Mark files whose content turned out to be as indexed: only their times changed."""
        if not files:
            return
        positions = self._find(np.array([path_hash(file.path) for file in files], np.uint64))
        stats = _stats(files)
        self.unchanged[positions] = True
        self.restat[positions] = (self.stats[positions] != stats).any(axis=1)
        self.stats[positions] = stats

    def new_stats(self, segment: int) -> NDArray[np.int64] | None:
        """Return the times and inodes of a segment's files, int64[rows, 3]; None if unchanged."""
        changed = self.restat & (self.owners == segment)
        if not changed.any():
            return None
        stats = self.segments[segment].stats.copy()
        stats[self.rows[changed]] = self.stats[changed, 1:]
        return stats

    def _task(self, file: SourceFile, position: int) -> Task:
        """Return the task to read a file; a negative position says that the index lacks it."""
        if position < 0:
            return Task(file)
        segment, row = self.segments[int(self.owners[position])].segment, int(self.rows[position])
        reason = int(segment.files["skip"][row])
        return Task(
            file,
            segment.files["content_hash"][row].tobytes(),
            segment.language(row),
            SKIP_REASONS[reason - 1] if reason else None,
        )

    def _find(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the position of each hash in the arrays, or -1."""
        positions = np.searchsorted(self.hashes, hashes)
        positions[positions == len(self.hashes)] = 0
        return np.where(self.hashes[positions] == hashes, positions, -1).astype(np.int64)

    def known(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return bool[n]: whether each path hash is among the known files."""
        if not len(self.hashes):
            return np.zeros(len(hashes), bool)
        return self._find(hashes) >= 0

    def live_after(self, replaced: NDArray[np.uint64], finished: bool) -> list[NDArray[np.bool_]]:
        """Return the files of each old segment that stay live in the next commit, bool[rows].

        `replaced` are the path hashes in the new segments. When the walk has `finished`, all files
        that it did not find unchanged are dead too.
        """
        dead = ~self.unchanged if finished else np.isin(self.hashes, replaced)
        masks = []
        for number, live in enumerate(self.segments):
            mask = live.files.copy()
            mask[self.rows[dead & (self.owners == number)]] = False
            masks.append(mask)
        return masks

    def removed(self) -> int:
        """Return the number of known files with text that the walk did not find."""
        count = 0
        for number, live in enumerate(self.segments):
            gone = self.rows[~self.seen & (self.owners == number)]
            count += int(np.count_nonzero(live.segment.files["skip"][gone] == 0))
        return count

    def missing(self) -> Iterator[tuple[str, bool]]:
        """Yield the path of each known file that the walk did not find, and whether it has text."""
        for number, live in enumerate(self.segments):
            for row in self.rows[~self.seen & (self.owners == number)].tolist():
                yield live.segment.path(row), not live.segment.files["skip"][row]

    def lasting_skips(self) -> Iterator[tuple[Skip, int]]:
        """Yield a skip for each unchanged file that could not be indexed, and its size in bytes."""
        for number, live in enumerate(self.segments):
            rows = self.rows[self.unchanged & (self.owners == number)]
            reasons = live.segment.files["skip"][rows]
            for row, reason in zip(rows[reasons > 0], reasons[reasons > 0], strict=True):
                skip = Skip(live.segment.path(int(row)), SKIP_REASONS[int(reason) - 1])
                yield skip, int(live.segment.files["size"][row])


class SkipCounter:
    """Counts skips by reason, and reports each to a listener."""

    def __init__(self, listener: Callable[[Skip], None] | None) -> None:
        self.counts: Counter[str] = Counter()
        self._listener = listener

    def add(self, skip: Skip) -> None:
        """Count a skip."""
        self.counts[skip.reason.value] += 1
        if self._listener is not None:
            self._listener(skip)


def changed_files(
    walked: Iterable[SourceFile | Skip], known: KnownFiles, skips: SkipCounter, clock: StageClock
) -> Iterator[Task]:
    """Yield a task for each file of a walk that has to be read."""
    source = iter(walked)
    while True:
        with clock.during("walk"):
            items = list(islice(source, COMPARE_FILES))
        if not items:
            return
        with clock.during("compare"):
            files = []
            for item in items:
                if isinstance(item, Skip):
                    skips.add(item)
                else:
                    files.append(item)
            tasks = known.changed(files) if files else []
        yield from tasks
