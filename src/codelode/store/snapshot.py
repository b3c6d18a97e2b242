"""A snapshot: an open manifest and its segments. It never changes and never waits for a writer."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.errors import DamagedError
from codelode.lazy import cached_property
from codelode.segment.container import SegmentFile
from codelode.segment.reader import Segment
from codelode.segment.section_check import check_shape
from codelode.segment.stats import read_stats, unknown_stats
from codelode.store.manifest import Manifest, SegmentEntry, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.segment.buffer import Buffer
    from codelode.store.storage import Storage


class LiveSegment:
    """A segment, and its files and chunks that are live in this snapshot."""

    def __init__(
        self, segment: Segment, entry: SegmentEntry, storage: Storage | None = None
    ) -> None:
        """Take a segment and its entry in the manifest.

        `storage` has the `.stat` file; without `storage`, times and inodes are not known.
        """
        self.segment = segment
        self.entry = entry
        self._storage = storage

    @cached_property
    def files(self) -> NDArray[np.bool_]:
        """Which files are live, bool[rows]."""
        return self.entry.live_mask()

    @cached_property
    def chunks(self) -> NDArray[np.bool_] | None:
        """Which chunks are live, bool[chunks]; None if all are."""
        if not self.entry.dead:
            return None
        live: NDArray[np.bool_] = self.files[self.segment.chunks["file"]]
        return live

    @cached_property
    def stats(self) -> NDArray[np.int64]:
        """Times and inodes of all files, int64[rows, 3], read at first use.

        They are unknown if there is no `.stat` file: a newer commit may have removed it.
        Raises `DamagedError`, `FormatError`.
        """
        file = self.open_stats()
        return unknown_stats(self.entry.rows) if file is None else read_stats(file, self.entry.rows)

    def open_stats(self) -> SegmentFile | None:
        """Read the `.stat` file; None if there is none. Raises `DamagedError`, `FormatError`."""
        if self._storage is None or not self.entry.stats:
            return None
        data = self._storage.read(self.entry.stats)
        return None if data is None else SegmentFile.from_bytes(self.entry.stats, data)


class Snapshot:
    """One generation of an index, as a search sees it from start to end."""

    def __init__(self, manifest: Manifest, segments: list[LiveSegment]) -> None:
        self.manifest = manifest
        self.segments = segments

    @classmethod
    def open(cls, storage: Storage) -> Snapshot:
        """Open the current generation.

        A writer may remove old segments after the manifest was read, before they are opened. Then
        there is a newer manifest, which is read instead. Raises `NoIndexError`, `DamagedError`,
        `FormatError`.
        """
        manifest = read_manifest(storage)
        while True:
            try:
                return cls(
                    manifest,
                    [open_segment(storage, e, manifest.dimensions) for e in manifest.segments],
                )
            except DamagedError:
                newer = read_manifest(storage)
                if newer == manifest:
                    raise
                manifest = newer

    def check_sizes(self) -> None:
        """Raise `DamagedError` if a mapped file was truncated: reading it could crash."""
        for live in self.segments:
            live.segment.file.check_size()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the files, so that a process that truncates one has to wait until the block ends.

        Raises `DamagedError` if a file is truncated already.
        """
        with ExitStack() as stack:
            for live in self.segments:
                live.segment.file.buffer.take()
                stack.callback(live.segment.file.buffer.give_back)
            self.check_sizes()
            yield

    @contextmanager
    def damage_explained(self) -> Iterator[None]:
        """Turn an error that a damaged segment causes into a `DamagedError` that names the fault.

        Such errors occur because searches do not check every reference beforehand.
        """
        try:
            yield
        except (LookupError, ValueError, TypeError, ArithmeticError, MemoryError) as error:
            from codelode.segment.verify import faults  # a sound index does not need it

            for live in self.segments:
                for section, offset, problem in faults(live.segment):
                    raise DamagedError(
                        f"{live.entry.name}: section {section}, offset {offset}: {problem}"
                    ) from error
            raise


def open_segment(storage: Storage, entry: SegmentEntry, dimensions: int) -> LiveSegment:
    """Open a segment of a storage. Raises what `live_segment` raises."""
    return live_segment(storage.open(entry.name), entry, dimensions, storage)


def live_segment(
    buffer: Buffer, entry: SegmentEntry, dimensions: int, storage: Storage | None = None
) -> LiveSegment:
    """Return a segment with the tombstones of a manifest's entry.

    Raises `FormatError`. Raises `DamagedError` if the segment is damaged, or not the one that the
    entry describes.
    """
    segment = Segment.open(buffer)
    check_shape(segment)
    found = (segment.file.size, len(segment.files), segment.dimensions)
    if found != (entry.bytes, entry.rows, dimensions):
        raise DamagedError(
            f"{entry.name}: bytes, files and dimensions are {found} instead of"
            f" {(entry.bytes, entry.rows, dimensions)}"
        )
    return LiveSegment(segment, entry, storage)
