"""Publishing: segments first, then the manifest by one atomic rename.

What a commit published survives a crash, because the segment, its folder, the new manifest and its
folder are synced in this order. What was not published leaves files that no manifest names.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from codelode.errors import DamagedError
from codelode.segment.container import write_segment
from codelode.segment.merge import merge
from codelode.segment.reader import Segment
from codelode.segment.stats import stats_sections
from codelode.store.manifest import (
    MANIFEST,
    SEGMENT_SUFFIX,
    STATS_SUFFIX,
    TEMPORARY_SUFFIX,
    Manifest,
    SegmentEntry,
)
from codelode.system.files import (
    removed_on_failure,
    sync_ancestors,
    sync_file,
    sync_folder,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


def write_merged(
    directory: Path,
    parts: Sequence[tuple[Segment, NDArray[np.bool_]]],
    stats: NDArray[np.int64] | None = None,
) -> SegmentEntry:
    """Merge segments into a new file, synced to disk but not yet named by a manifest.

    `parts` are segments with a mask of the files to keep; `stats` are the times and inodes of all
    files kept, int64[files, 3], or None if they are not known.
    Raises `DamagedError` if the parts cannot have been written by a merge.
    """
    name, size = _write(directory, SEGMENT_SUFFIX, lambda sink: merge(parts, sink))
    files = Segment.open(directory / name).files
    entry = SegmentEntry(name, size, len(files), 0, 0, 0, 0, int(files["chunks"].sum()))
    entry = entry.with_live(entry.live_mask(), files)
    if entry.chunks != entry.all_chunks:  # it would be merged again and again
        raise DamagedError("a file that was left out has chunks")
    return entry if stats is None else replace(entry, stats=write_stats(directory, stats))


def write_stats(directory: Path, stats: NDArray[np.int64]) -> str:
    """Write the times and inodes of all files of a segment, int64[rows, 3]; return the name."""
    sections = stats_sections(stats)
    return _write(directory, STATS_SUFFIX, lambda sink: write_segment(sink, sections))[0]


def _write(
    directory: Path, suffix: str, write: Callable[[BinaryIO], tuple[int, int]]
) -> tuple[str, int]:
    """Write a file, synced and named by its checksum: its name and size."""
    temporary = directory / f"new{suffix}{TEMPORARY_SUFFIX}"
    with writing(directory), removed_on_failure(temporary):
        with open(temporary, "wb") as sink:
            size, checksum = write(sink)
            sync_file(sink)
        name = f"{checksum:016x}{suffix}"
        temporary.rename(directory / name)
    return name, size


def publish(directory: Path, manifest: Manifest) -> None:
    """Make `manifest` the current one, then remove the files it does not name."""
    temporary = directory / f"{MANIFEST}{TEMPORARY_SUFFIX}"
    with writing(directory):
        with removed_on_failure(temporary):
            with open(temporary, "wb") as sink:
                sink.write(manifest.encode())
                sync_file(sink)
            sync_folder(directory)  # the new segments' names, before anything refers to them
            temporary.rename(directory / MANIFEST)
        sync_folder(directory)
    remove_unnamed(directory, manifest)


def settle(directory: Path, manifest: Manifest | None) -> None:
    """Finish what an earlier writer may have begun, before building on it.

    It may have died between making `manifest` current and syncing its name: then a loss of power
    could still bring back the manifest before, so nothing that one names may be removed until the
    folder is synced. None: there is no index yet, and the folder itself may be as young.
    """
    with writing(directory):
        sync_folder(directory)
        if manifest is None:
            sync_ancestors(directory)
    if manifest is not None:
        remove_unnamed(directory, manifest)


def remove_unnamed(directory: Path, manifest: Manifest) -> None:
    """Remove what no reader will open any more. Readers that have it open keep it.

    What cannot be removed now is left to the next writer: the commit is done either way.
    """
    live = {name for entry in manifest.segments for name in (entry.name, entry.stats)}
    with suppress(OSError):
        for path in directory.iterdir():
            if path.suffix == TEMPORARY_SUFFIX or (
                path.suffix in (SEGMENT_SUFFIX, STATS_SUFFIX) and path.name not in live
            ):
                with suppress(OSError):
                    path.unlink()
