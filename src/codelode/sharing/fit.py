"""Fit a fetched index to a checkout: find files with the indexed content, without reading them.

Git records the blob of every tracked file, and the times that the file had when it matched the
blob. If the indexed text has the id of that blob, and the file has the indexed size and the
recorded times, then the file has the indexed content. Its times go into the `.stat` file, and the
next update does not read it. The times of every other file stay unknown: the update reads and
hashes it, which is slower but as safe.

The size matters because a checkout may convert line ends: the blob is the same, the file longer.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.discover.git_blobs import stat_numbers
from codelode.discover.git_excludes import Worktree, worktree_above
from codelode.errors import DamagedError, FormatError
from codelode.pipeline.changes import RACY_NS
from codelode.segment.stats import CPP_HEADER, unknown_stats
from codelode.sharing.blob_ids import blob_ids

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.discover.git_blobs import TrackedBlobs
    from codelode.segment.reader import Segment
    from codelode.store.snapshot import LiveSegment, Snapshot


class Fitter:
    """Finds the files of the checkout at `root` that have the content of a fetched segment.

    `before` is the snapshot of the local index: times that it records for files of the same
    segments are kept. A fitter does not see changes made after its creation, so the caller must
    note the time before creating it.
    """

    def __init__(self, root: Path, before: Snapshot | None) -> None:
        worktree = Worktree(worktree_above(root))
        top = worktree.top
        prefix = b"." if top is None else os.fsencode(os.path.relpath(root, top))
        self._root = root
        self._below = b"" if prefix == b"." else prefix + b"/"
        self._blobs = worktree.blobs()
        self._before = {live.entry.name: live for live in before.segments} if before else {}
        self._racy_after = (before.manifest.started_ns if before else 0) - RACY_NS

    def stats(self, live: LiveSegment) -> NDArray[np.int64]:
        """Return the times and inodes of the files of a segment, int64[rows, 3].

        They are unknown (-1) for files that may differ from the indexed content.
        """
        table = self._known_before(live)
        rows = np.flatnonzero(_text_rows(live) & (table < 0).all(axis=1))
        if self._blobs is not None and len(rows):
            _fill(table, self._root, live.segment, rows, self._blobs, self._below)
        return table

    def _known_before(self, live: LiveSegment) -> NDArray[np.int64]:
        """Return the times and inodes from the local index; unknown (-1) for racy files."""
        same = self._before.get(live.entry.name)
        if same is None:
            return unknown_stats(live.entry.rows)
        try:
            table = same.stats.copy()
        except (DamagedError, FormatError):
            return unknown_stats(live.entry.rows)
        table[table[:, :2].max(axis=1) >= self._racy_after] = -1
        return table


def known_files(live: LiveSegment, stats: NDArray[np.int64]) -> int:
    """Return the number of live files with text whose times and inodes are known."""
    return int(np.count_nonzero((stats[_text_rows(live)] >= 0).any(axis=1)))


def _text_rows(live: LiveSegment) -> NDArray[np.bool_]:
    with_text: NDArray[np.bool_] = live.files & (live.segment.files["skip"] == 0)
    return with_text


def _fill(
    table: NDArray[np.int64],
    root: Path,
    segment: Segment,
    rows: NDArray[np.int64],
    blobs: TrackedBlobs,
    below: bytes,
) -> None:
    """Set the times and inodes of the rows whose files are unchanged according to git."""
    files, top = segment.files, os.fsencode(root) + b"/"
    paths = segment.pieces("paths", files["path_start"][rows], files["path_length"][rows])
    tracked = [
        (row, number, status)
        for row, path in zip(rows.tolist(), paths, strict=True)
        if (number := blobs.numbers.get(below + path)) is not None
        and (status := _status(top + path)) is not None
    ]
    if not tracked:
        return
    candidates, numbers, statuses = (list(column) for column in zip(*tracked, strict=True))
    stats = np.array([stat_numbers(status) for status in statuses], np.int64)
    same = blobs.unchanged(numbers, stats) & (files["size"][candidates] == stats[:, 3])
    chosen = np.flatnonzero(same).tolist()
    vouched = np.array([candidates[each] for each in chosen], np.int64)
    for each, blob in zip(chosen, blob_ids(segment, vouched, blobs.algorithm), strict=True):
        if blob and blob == blobs.blob(numbers[each]):
            row, status = candidates[each], statuses[each]
            inode = status.st_ino ^ (CPP_HEADER if _is_cpp_header(segment, row) else 0)
            inode = (inode + (1 << 63)) % (1 << 64) - (1 << 63)
            table[row] = status.st_mtime_ns, status.st_ctime_ns, inode


def _status(path: bytes) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None


def _is_cpp_header(segment: Segment, row: int) -> bool:
    """Return whether a file is a C++ `.h` file; `segment.stats` marks it by a bit of its inode."""
    return segment.language(row) == "cpp" and segment.path(row).endswith(".h")
