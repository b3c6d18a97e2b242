"""Whether the files on disk still have the content that was indexed."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

import xxhash

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.store.snapshot import LiveSegment


class Staleness(NamedTuple):
    """Whether a file no longer has the content that was indexed, and whether it is gone."""

    stale: bool
    deleted: bool


CURRENT = Staleness(stale=False, deleted=False)
CHANGED = Staleness(stale=True, deleted=False)
DELETED = Staleness(stale=True, deleted=True)


def staleness(root: Path, path: str, live: LiveSegment, file: int) -> Staleness:
    """Compare a file on disk with its indexed content; `file` is its row.

    Size and times are compared first; the content is read only if the times alone differ. What is
    no regular file any more is deleted.
    """
    row = live.segment.files[file]
    try:
        status = os.lstat(f"{root}/{path}")  # ten times a query: `/` of pathlib is slower
        if not stat.S_ISREG(status.st_mode):
            return DELETED
        if status.st_size != int(row["size"]):
            return CHANGED
        if [status.st_mtime_ns, status.st_ctime_ns] == live.stats[file, :2].tolist():
            return CURRENT
        content = (root / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return DELETED
    except OSError:
        return CHANGED
    is_same = xxhash.xxh3_128_digest(content) == row["content_hash"].tobytes()
    return CURRENT if is_same else CHANGED
