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
    """The state of an indexed file: whether its content has changed, and whether it is gone."""

    stale: bool
    deleted: bool


CURRENT = Staleness(stale=False, deleted=False)
CHANGED = Staleness(stale=True, deleted=False)
DELETED = Staleness(stale=True, deleted=True)


def staleness(root: Path, path: str, live: LiveSegment, file: int) -> Staleness:
    """Compare a file on disk with its indexed content; `file` is its row.

    Size and times are compared first; the content is read only if the times alone differ. A path
    that is no longer a regular file counts as deleted, a file that cannot be read as changed.
    """
    try:
        status = os.lstat(f"{root}/{path}")  # runs ten times per query; `/` of pathlib is slower
        return _compared(status, lambda: (root / path).read_bytes(), live, file)
    except (FileNotFoundError, NotADirectoryError):
        return DELETED
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return _staleness_far_down(root, path, live, file)
        return CHANGED


def _staleness_far_down(root: Path, path: str, live: LiveSegment, file: int) -> Staleness:
    """Do what `staleness` does, for a path that is too long for the system."""
    from codelode.discover.safe_open import open_stepwise

    try:
        with open(open_stepwise(os.fspath(root), path), "rb") as opened:
            return _compared(os.fstat(opened.fileno()), opened.read, live, file)
    except (FileNotFoundError, NotADirectoryError):
        return DELETED
    except OSError:
        return CHANGED


def _compared(
    status: os.stat_result, read: Callable[[], bytes], live: LiveSegment, file: int
) -> Staleness:
    """Compare the status of a file, and if necessary what `read` returns, with its row."""
    files = live.segment.files
    if not stat.S_ISREG(status.st_mode):
        return DELETED
    if status.st_size != files["size"].item(file):
        return CHANGED
    if [status.st_mtime_ns, status.st_ctime_ns] == live.stats[file, :2].tolist():
        return CURRENT
    is_same = xxhash.xxh3_128_digest(read()) == files["content_hash"][file].tobytes()
    return CURRENT if is_same else CHANGED
