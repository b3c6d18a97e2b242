"""The blobs that a git worktree tracks, with the file times that tell whether a file has changed.

This is what `git ls-files -s` and `git diff-files` say together, read from git's index file. A file
is unchanged if its times, inode and size are as git recorded them; unlike git, we do not compare
the content of a file whose times are too close to the index file's time, but call it changed.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.discover.git_index import STAT_BYTES, IndexFile, read_index

if TYPE_CHECKING:
    from pathlib import Path

_NS = 1_000_000_000
_RACY_NS = 10_000_000  # the resolution of file times
_STAT = np.dtype(
    [
        ("ctime", ">u4"),
        ("ctime_ns", ">u4"),
        ("mtime", ">u4"),
        ("mtime_ns", ">u4"),
        ("device", ">u4"),
        ("inode", ">u4"),
        ("mode", ">u4"),
        ("user", ">u4"),
        ("group", ">u4"),
        ("size", ">u4"),
    ]
)
_ASSUME_UNCHANGED, _EXTENDED, _STAGES = 0x8000, 0x4000, 0x3000
_SKIP_WORKTREE, _INTENT_TO_ADD = 0x4000, 0x2000  # extended flags
_LOW_BITS = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class TrackedBlobs:
    """The entries of git's index that vouch for the content of a file.

    `numbers` maps paths of entries, relative to the top of the worktree, to their rows in `stats`
    and in `ids`. `stats` is int64[n, 4], with a row of `stat_numbers` for each entry. `algorithm`
    names the hash algorithm of the ids. `numbers` omits entries that are not regular files, or are
    assumed unchanged, sparse, unmerged or only intended to be added. It also omits entries with
    times too close to the index file's time.
    """

    algorithm: str
    numbers: dict[bytes, int]
    stats: NDArray[np.int64]
    ids: NDArray[np.uint8]

    def blob(self, number: int) -> bytes:
        """Return the id of the blob of an entry."""
        blob: bytes = self.ids[number].tobytes()
        return blob

    def unchanged(self, numbers: list[int], stats: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which files, bool[n], are unchanged since git last saw them.

        An unchanged file has the content of its blob. `numbers` are the numbers of the files'
        entries; `stats` int64[n, 4] are the `stat_numbers` of the files.
        """
        same: NDArray[np.bool_] = (self.stats[numbers] == stats).all(axis=1)
        return same


def stat_numbers(status: os.stat_result) -> tuple[int, int, int, int]:
    """Return the numbers that git compares: times in ns, and inode and size modulo 2^32.

    All are -1 unless the file is a regular one.
    """
    if not stat.S_ISREG(status.st_mode):
        return -1, -1, -1, -1
    inode, size = status.st_ino & _LOW_BITS, status.st_size & _LOW_BITS
    return status.st_mtime_ns, status.st_ctime_ns, inode, size


def tracked_blobs(git_folder: Path, object_format: str) -> TrackedBlobs | None:
    """Return the blobs that a worktree tracks; None if git's index is unreadable or split."""
    # The time is taken before the file is read: a change in between gives the file a later time.
    try:
        written_ns = (git_folder / "index").stat().st_mtime_ns
    except OSError:
        return None
    index = read_index(git_folder, object_format)
    if index is None or index.is_split:
        return None
    return _vouching(index, object_format, written_ns)


def _vouching(index: IndexFile, algorithm: str, written_ns: int) -> TrackedBlobs:
    begins = np.array(index.begins, np.int64)
    rows, starts = np.frombuffer(index.data, np.uint8), begins[:, None]
    ends = begins + STAT_BYTES + index.hash_size
    flags = _word(rows, ends)
    extended = np.where(flags & _EXTENDED, _word(rows, ends + 2), 0)
    entries = rows[starts + np.arange(STAT_BYTES)].reshape(-1).view(_STAT)
    seconds = np.column_stack((entries["mtime"], entries["ctime"])).astype(np.int64)
    times = seconds * _NS + np.column_stack((entries["mtime_ns"], entries["ctime_ns"]))
    sound = (
        (flags & (_ASSUME_UNCHANGED | _STAGES) == 0)
        & (extended & (_SKIP_WORKTREE | _INTENT_TO_ADD) == 0)
        & (entries["mode"] >> 12 == stat.S_IFREG >> 12)
        & (times.max(axis=1) < written_ns - _RACY_NS)
    )
    return TrackedBlobs(
        algorithm,
        {
            path: number
            for number, (path, fit) in enumerate(zip(index.paths, sound, strict=True))
            if fit
        },
        np.column_stack((times, entries["inode"], entries["size"])).astype(np.int64),
        rows[starts + STAT_BYTES + np.arange(index.hash_size)],
    )


def _word(rows: NDArray[np.uint8], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the 16-bit numbers (big-endian) at the offsets `at`."""
    return rows[at].astype(np.int64) << 8 | rows[np.minimum(at + 1, len(rows) - 1)]
