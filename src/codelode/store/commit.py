"""Publish a commit: segments first, then the manifest that names them.

A published commit survives a crash. An unpublished one leaves files that no manifest names; the
next writer removes them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.errors import DamagedError
from codelode.segment.container import write_segment
from codelode.segment.merge import merge
from codelode.segment.reader import Segment
from codelode.segment.stats import stats_sections
from codelode.store.manifest import Manifest, SegmentEntry
from codelode.store.storage import SEGMENT_SUFFIX, STATS_SUFFIX, TEMPORARY_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from codelode.store.storage import Storage


def write_merged(
    storage: Storage,
    parts: Sequence[tuple[Segment, NDArray[np.bool_]]],
    stats: NDArray[np.int64] | None = None,
) -> SegmentEntry:
    """Merge segments into a new file, which no manifest names yet.

    `parts` are segments with a mask of the files to keep; `stats` are the times and inodes of all
    files kept, int64[files, 3], or None if they are not known.
    Raises `DamagedError` if a part has chunks of a file that was skipped.
    """
    name, size = storage.put(SEGMENT_SUFFIX, lambda sink: merge(parts, sink))
    files = Segment.open(storage.open(name)).files
    entry = SegmentEntry(
        name,
        size,
        rows=len(files),
        files=0,
        chunks=0,
        tokens=0,
        text_bytes=0,
        all_chunks=int(files["chunks"].sum()),
    )
    entry = entry.with_live(entry.live_mask(), files)
    if entry.chunks != entry.all_chunks:  # else the segment would be merged again and again
        raise DamagedError("a file that was left out has chunks")
    return entry if stats is None else replace(entry, stats=write_stats(storage, stats))


def write_stats(storage: Storage, stats: NDArray[np.int64]) -> str:
    """Write the times and inodes of all files of a segment, int64[rows, 3]; return the name."""
    sections = stats_sections(stats)
    return storage.put(STATS_SUFFIX, lambda sink: write_segment(sink, sections))[0]


def publish(storage: Storage, manifest: Manifest) -> None:
    """Make `manifest` the current one, then remove the files it does not name."""
    storage.publish(manifest.encode())
    remove_unnamed(storage, manifest)


def settle(storage: Storage, manifest: Manifest | None) -> None:
    """Complete the commit of an earlier writer that may have died, before building on it.

    It may have died after making `manifest` current, but before making its name durable. A loss of
    power could then restore the previous manifest, so no file that the previous one names may be
    removed until the storage has settled. `manifest` is None if there is no index yet.
    """
    storage.settle()
    if manifest is not None:
        remove_unnamed(storage, manifest)


def remove_unnamed(storage: Storage, manifest: Manifest) -> None:
    """Remove the files that no new reader will open. Readers that have one open keep it."""
    live = {name for entry in manifest.segments for name in (entry.name, entry.stats)}
    for name in list(storage.list()):
        if name.endswith(TEMPORARY_SUFFIX) or (
            name.endswith((SEGMENT_SUFFIX, STATS_SUFFIX)) and name not in live
        ):
            storage.remove(name)
