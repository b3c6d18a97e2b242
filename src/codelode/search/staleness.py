"""Whether the files on disk still have the content that was indexed."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import xxhash

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


def is_stale(root: Path, path: str, row: np.void) -> bool:
    """Return whether a file's content differs from the indexed one; `row` is its `schema.FILE` row.

    Size and times are compared first; the content is read only if the times alone differ.
    """
    try:
        status = os.lstat(f"{root}/{path}")  # ten times a query: `/` of pathlib is slower
        if not stat.S_ISREG(status.st_mode) or status.st_size != int(row["size"]):
            return True
        times = (status.st_mtime_ns, status.st_ctime_ns)
        if times == (int(row["mtime_ns"]), int(row["ctime_ns"])):
            return False
        content = (root / path).read_bytes()
    except OSError:
        return True
    return bool(xxhash.xxh3_128_digest(content) != row["content_hash"].tobytes())
