"""A snapshot: one manifest and its segments, open. It never changes and never waits."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.errors import DamagedError
from codelode.segment.columns import STAT_COLUMNS
from codelode.segment.format import SegmentFile
from codelode.segment.reader import Segment
from codelode.store.manifest import Manifest, SegmentEntry, read_manifest

if TYPE_CHECKING:
    from pathlib import Path


class LiveSegment:
    """A segment and which of its files are live in this snapshot."""

    def __init__(self, segment: Segment, entry: SegmentEntry) -> None:
        self.segment = segment
        self.entry = entry
        self.restatted: NDArray[np.int64] = np.zeros(0, np.int64)  # rows with newer stats
        self.length_norms: NDArray[np.float32] | None = None  # a cache of the lexical leg

    @cached_property
    def files(self) -> NDArray[np.bool_]:
        """bool[rows]: live files."""
        return self.entry.live_mask()

    @cached_property
    def chunks(self) -> NDArray[np.bool_] | None:
        """bool[chunks]: live chunks, or None if all are."""
        if not self.entry.dead:
            return None
        return self.files[self.segment.chunk_files]


class Snapshot:
    """What a search sees, start to end."""

    def __init__(self, manifest: Manifest, segments: list[LiveSegment]) -> None:
        self.manifest = manifest
        self.segments = segments

    @classmethod
    def open(cls, directory: Path) -> Snapshot:
        """Open the current generation.

        A writer may remove old segments between our reading the manifest and opening them; then
        there is a newer manifest, and we read that. Raises `NoIndexError`, `DamagedError`,
        `FormatError`.
        """
        manifest = read_manifest(directory)
        while True:
            try:
                return cls(
                    manifest, [open_segment(directory, entry) for entry in manifest.segments]
                )
            except DamagedError:
                newer = read_manifest(directory)
                if newer == manifest:
                    raise
                manifest = newer

    def check_sizes(self) -> None:
        """Raise `DamagedError` if a mapped file was cut short: touching it could kill us."""
        for live in self.segments:
            live.segment.file.check_size()


def open_segment(directory: Path, entry: SegmentEntry) -> LiveSegment:
    """Open a segment with the tombstones and stats of a manifest's entry."""
    segment = Segment.open(directory / entry.name)
    if segment.file.size != entry.bytes:
        raise DamagedError(
            f"{entry.name}: {segment.file.size} bytes instead of {entry.bytes}"
            " (run `lode verify --repair`)"
        )
    live = LiveSegment(segment, entry)
    if entry.stats:
        newer = SegmentFile.open(directory / entry.stats)
        live.restatted = newer.array("rows", "<i8")
        segment.restat(live.restatted, newer.array("stats", "<i8").reshape(-1, len(STAT_COLUMNS)))
    return live
