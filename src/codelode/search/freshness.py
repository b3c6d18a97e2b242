"""Is what was found still what is on disk?"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from codelode.segment.builder import path_hash

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.store.snapshot import Snapshot
    from codelode.types import Hit


def mark_stale(root: Path, snapshot: Snapshot, hits: list[Hit]) -> list[Hit]:
    """The hits, those marked whose file is gone or no longer has the indexed content."""
    fresh = {path: _is_fresh(root, snapshot, path) for path in {hit.path for hit in hits}}
    return [hit if fresh[hit.path] else replace(hit, stale=True) for hit in hits]


def _is_fresh(root: Path, snapshot: Snapshot, path: str) -> bool:
    """By size and time first; the content is read only when these differ in time alone."""
    row = _file_row(snapshot, path)
    try:
        stat = os.lstat(root / path)
        if row is None or stat.st_size != int(row["size"]):
            return False
        if stat.st_mtime_ns == int(row["mtime_ns"]) and stat.st_ctime_ns == int(row["ctime_ns"]):
            return True
        content = (root / path).read_bytes()
    except OSError:
        return False
    return bool(xxhash.xxh3_128_digest(content) == row["content_hash"].tobytes())


def _file_row(snapshot: Snapshot, path: str) -> np.void | None:
    number = path_hash(path)
    for live in snapshot.segments:
        matches = np.flatnonzero(live.segment.files["path_hash"] == number)
        for row in matches:
            if live.files[row]:
                found: np.void = live.segment.files[row]
                return found
    return None
