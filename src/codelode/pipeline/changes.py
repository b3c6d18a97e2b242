"""What has changed since the last commit: the walk against the file tables of the snapshot.

Files are matched by the 64-bit hash of their path and compared by size, times and inode, a batch
at a time, so that memory is a few dozen bytes per known file and no Python object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.segment.builder import SKIP_REASONS, path_hash
from codelode.types import Skip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.store.snapshot import Snapshot
    from codelode.types import SourceFile

RACY_NS = 20_000_000
"""A file modified this shortly before the last walk may have changed again with the same times."""

_STAT = ("size", "mtime_ns", "ctime_ns", "inode")


class KnownFiles:
    """The live files of a snapshot (none if there is no snapshot yet)."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        self.snapshot = snapshot
        segments = snapshot.segments if snapshot else []
        rows = [np.flatnonzero(live.files) for live in segments]
        tables = [live.segment.files for live in segments]
        empty: list[NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
        hashes = np.concatenate(
            [table["path_hash"][row] for table, row in zip(tables, rows, strict=True)] or empty
        )
        order = np.argsort(hashes)
        self.hashes = hashes[order]
        self.rows = np.concatenate(rows or [np.zeros(0, np.int64)])[order]
        self.owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])[order]
        self.stats = np.stack(
            [
                np.concatenate(
                    [
                        table[name][row].astype(np.int64)
                        for table, row in zip(tables, rows, strict=True)
                    ]
                    or [np.zeros(0, np.int64)]
                )
                for name in _STAT
            ],
            axis=1,
        )[order]
        self.unchanged = np.zeros(len(hashes), bool)
        self.seen = np.zeros(len(hashes), bool)
        self._racy_after = (snapshot.manifest.started_ns if snapshot else 0) - RACY_NS

    def changed(self, files: Sequence[SourceFile]) -> list[SourceFile]:
        """Those of `files` that are new or not as they were; the others are marked unchanged."""
        if not len(self.hashes):
            return list(files)
        wanted = np.array([path_hash(file.path) for file in files], np.uint64)
        places = self._find(wanted)
        stats = np.array(
            [(f.size, f.mtime_ns, f.ctime_ns, np.uint64(f.inode).astype(np.int64)) for f in files]
        )
        same = (places >= 0) & (self.stats[places] == stats).all(axis=1)
        same &= np.maximum(stats[:, 1], stats[:, 2]) < self._racy_after
        self.seen[places[places >= 0]] = True
        self.unchanged[places[same]] = True
        return [file for file, known in zip(files, same.tolist(), strict=True) if not known]

    def _find(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The index of each hash among the known ones, or -1."""
        places = np.searchsorted(self.hashes, hashes)
        places[places == len(self.hashes)] = 0
        return np.where(self.hashes[places] == hashes, places, -1).astype(np.int64)

    def known(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of these path hashes were there before."""
        if not len(self.hashes):
            return np.zeros(len(hashes), bool)
        return self._find(hashes) >= 0

    def live_after(self, replaced: NDArray[np.uint64], finished: bool) -> list[NDArray[np.bool_]]:
        """Masks bool[rows] of the old segments once `replaced` paths live in new segments.

        When the walk has `finished`, what was not found unchanged is dead too.
        """
        dead = ~self.unchanged if finished else np.isin(self.hashes, replaced)
        masks = []
        for number, live in enumerate(self.snapshot.segments if self.snapshot else []):
            mask = live.files.copy()
            mask[self.rows[dead & (self.owners == number)]] = False
            masks.append(mask)
        return masks

    def removed(self) -> int:
        """How many known files with text the walk did not meet."""
        count = 0
        for number, live in enumerate(self.snapshot.segments if self.snapshot else []):
            gone = self.rows[~self.seen & (self.owners == number)]
            count += int(np.count_nonzero(live.segment.files["skip"][gone] == 0))
        return count

    def lasting_skips(self) -> Iterator[Skip]:
        """The unchanged files that were read in vain before, and why."""
        for number, live in enumerate(self.snapshot.segments if self.snapshot else []):
            rows = self.rows[self.unchanged & (self.owners == number)]
            reasons = live.segment.files["skip"][rows]
            for row, reason in zip(rows[reasons > 0], reasons[reasons > 0], strict=True):
                yield Skip(live.segment.path(int(row)), SKIP_REASONS[int(reason) - 1])
