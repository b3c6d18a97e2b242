"""Whether the files on disk still have the content that was indexed."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import xxhash

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.store.snapshot import LiveSegment


def is_stale(root: Path, path: str, live: LiveSegment, file: int) -> bool:
    """Return whether a file no longer has the content that was indexed; `file` is its row.

    Size and times are compared first; the content is read only if the times alone differ.
    """
    row = live.segment.files[file]
    try:
        status = os.lstat(f"{root}/{path}")  # ten times a query: `/` of pathlib is slower
        if not stat.S_ISREG(status.st_mode) or status.st_size != int(row["size"]):
            return True
        if [status.st_mtime_ns, status.st_ctime_ns] == live.stats[file, :2].tolist():
            return False
        content = (root / path).read_bytes()
    except OSError:
        return True
    return bool(xxhash.xxh3_128_digest(content) != row["content_hash"].tobytes())
