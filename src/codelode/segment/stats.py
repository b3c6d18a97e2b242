"""File times and inodes, kept beside a segment so that equal content gives an equal segment.

A `.stat` file is a container with one section: a row of `STAT_COLUMNS` for each row of the file
table of its segment. It is only a shortcut: a file whose row is unknown is read and hashed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codelode.segment.container import Piece, SegmentFile
    from codelode.types import SourceFile

STAT_COLUMNS = ("mtime_ns", "ctime_ns", "inode")
"""A file is taken as unchanged while these and its size are as they were."""

CPP_HEADER = 1 << 62
"""This bit is inverted in the inode of a `.h` that its folder makes C++ instead of C.

When the folder changes, the file looks changed, is read, and may get another language."""

_SECTION = "stats"
_UNKNOWN = -1


def stat_row(file: SourceFile) -> tuple[int, int, int]:
    """Return the `STAT_COLUMNS` of a file; inodes above 2^63 wrap around to fit int64."""
    inode = file.inode
    if file.language == "cpp" and file.path.endswith(".h"):
        inode ^= CPP_HEADER
    inode = (inode + (1 << 63)) % (1 << 64) - (1 << 63)
    return file.mtime_ns, file.ctime_ns, inode


def stat_rows(files: Sequence[SourceFile]) -> NDArray[np.int64]:
    """Return the rows of at least one file, int64[files, 3]: `stat_row` for many files at once."""
    paths, _, mtimes, ctimes, inodes, languages = zip(*files, strict=True)
    if "cpp" in languages:
        inodes = tuple(
            inode ^ CPP_HEADER if language == "cpp" and path.endswith(".h") else inode
            for path, inode, language in zip(paths, inodes, languages, strict=True)
        )
    columns = np.array(mtimes, np.int64), np.array(ctimes, np.int64)
    return np.column_stack((*columns, np.array(inodes, np.uint64).view(np.int64)))


def unknown_stats(rows: int) -> NDArray[np.int64]:
    """Return stats that no file has, int64[rows, 3]."""
    return np.full((rows, len(STAT_COLUMNS)), _UNKNOWN, np.int64)


def stats_sections(stats: NDArray[np.int64]) -> dict[str, Iterable[Piece]]:
    """Return the section that holds `stats`, int64[rows, 3], in a `.stat` file or a run."""
    return {_SECTION: [np.ascontiguousarray(stats, "<i8")]}


def read_stats(file: SegmentFile, rows: int) -> NDArray[np.int64]:
    """Return `STAT_COLUMNS`, int64[rows, 3]. Raises `DamagedError` unless each file has a row."""
    stats = file.array(_SECTION, "<i8")
    if len(stats) != rows * len(STAT_COLUMNS):
        raise DamagedError(f"{file.name}: it does not belong to this segment")
    return stats.reshape(-1, len(STAT_COLUMNS))
