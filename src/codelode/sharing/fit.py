"""Fit a fetched index to a checkout: find files with the indexed content, without reading them.

Git records the blob of every tracked file, and the times at which the file was unchanged. If the
indexed text has the id of that blob, and the file has its size and these times, then the file has
the indexed content. Its times go into the `.stat` file, and an update does not read it. Every other
file stays unknown: the update reads and hashes it, which is slower and as safe.

The size matters because a checkout may convert line ends: the blob is the same, the file longer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
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
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from codelode.discover.git_blobs import TrackedBlobs
    from codelode.segment.reader import Segment
    from codelode.store.snapshot import LiveSegment


@dataclass(frozen=True, slots=True)
class Fitted:
    """The times and inodes of the files of each segment, int64[rows, 3], and how many are known."""

    stats: list[NDArray[np.int64]]
    known: int


def fit(
    root: Path, lives: Sequence[LiveSegment], before: Mapping[str, LiveSegment], started_ns: int
) -> Fitted:
    """Find the live files of a fetched index that are in the checkout at `root` as indexed.

    `before` are the segments of the index here by name: what is known about their files stays
    known, unless a file may have changed within the granularity of file times before `started_ns`,
    the time when that index was last compared with the tree.
    """
    worktree = Worktree(worktree_above(root))
    blobs = worktree.blobs()
    prefix = b"" if worktree.top is None else os.fsencode(os.path.relpath(root, worktree.top))
    below = b"" if prefix in (b"", b".") else prefix + b"/"
    known, stats = 0, []
    for live in lives:
        table = _known_before(before.get(live.entry.name), live.entry.rows, started_ns)
        unknown = live.files & (table < 0).all(axis=1) & (live.segment.files["skip"] == 0)
        if blobs is not None:
            _fill(table, root, live.segment, np.flatnonzero(unknown), blobs, below)
        known += int(np.count_nonzero((table[live.files] >= 0).any(axis=1)))
        stats.append(table)
    return Fitted(stats, known)


def _known_before(live: LiveSegment | None, rows: int, started_ns: int) -> NDArray[np.int64]:
    if live is None:
        return unknown_stats(rows)
    try:
        table = live.stats.copy()
    except (DamagedError, FormatError):
        return unknown_stats(rows)
    table[table[:, :2].max(axis=1) >= started_ns - RACY_NS] = -1
    return table


def _fill(
    table: NDArray[np.int64],
    root: Path,
    segment: Segment,
    rows: NDArray[np.int64],
    blobs: TrackedBlobs,
    below: bytes,
) -> None:
    """Set the times and inodes of those rows whose files git vouches for."""
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
    """Return whether a file is a `.h` in C++, which `segment.stats` marks in the inode."""
    return segment.language(row) == "cpp" and segment.path(row).endswith(".h")
