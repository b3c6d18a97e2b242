"""Whether the files on disk still have the content that was indexed."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

import xxhash

if TYPE_CHECKING:
    from collections.abc import Callable
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
    try:
        status = os.lstat(f"{root}/{path}")  # ten times a query: `/` of pathlib is slower
<<<<<<< HEAD
        return _differs(status, (root / path).read_bytes, live, file)
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG or _is_stale_far_down(root, path, live, file)


def _is_stale_far_down(root: Path, path: str, live: LiveSegment, file: int) -> bool:
    """Return the same for a path that is too long for the system."""
    from codelode.discover.safe_open import open_stepwise

    try:
        with open(open_stepwise(os.fspath(root), path), "rb") as opened:
            return _differs(os.fstat(opened.fileno()), opened.read, live, file)
    except OSError:
        return True


def _differs(
    status: os.stat_result, read: Callable[[], bytes], live: LiveSegment, file: int
) -> bool:
    """Return whether a file has another content than the row `file` of a segment."""
    row = live.segment.files[file]
    if not stat.S_ISREG(status.st_mode) or status.st_size != int(row["size"]):
        return True
    if [status.st_mtime_ns, status.st_ctime_ns] == live.stats[file, :2].tolist():
        return False
    return bool(xxhash.xxh3_128_digest(read()) != row["content_hash"].tobytes())
=======
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
>>>>>>> main
