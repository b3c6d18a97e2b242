"""Runs to segments, and segments to commits.

Runs are kept until there are enough for a segment. Then they are merged into a segment file, which
is published together with the tombstones of the files that it replaces. So an interrupted update
keeps what it has sealed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.segment.run import RunSegment
from codelode.segment.schema import MAX_CHUNKS, MAX_FILES
from codelode.store.commit import publish, write_merged, write_stats

if TYPE_CHECKING:
    from codelode.pipeline.batch import Run
    from codelode.pipeline.changes import KnownFiles
    from codelode.pipeline.stages import StageClock
    from codelode.store.manifest import Manifest, SegmentEntry
    from codelode.store.storage import Storage

SEGMENT_CHUNKS = MAX_CHUNKS
"""A segment is sealed before it would exceed this; its runs take about 50 MB of memory."""


class Sealer:
    """Turns runs into committed segments, in order."""

    def __init__(
        self,
        storage: Storage,
        manifest: Manifest,
        known: KnownFiles,
        publish_partial: bool,
        clock: StageClock,
        whole: bool = True,
    ) -> None:
        """Take the manifest to continue from, and the known files of its segments.

        `publish_partial` allows commits before the update is finished. `whole` says that the walk
        covers the whole tree; otherwise the index is complete only if it was complete before.
        """
        self.storage = storage
        self.manifest = manifest
        self.known = known
        self.publish_partial = publish_partial
        self.added = self.changed = 0
        self._clock = clock
        self._complete = not whole and manifest.complete, whole or manifest.complete
        self._old = manifest.segments
        self._new: list[SegmentEntry] = []
        self._replaced: list[NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
        self._runs: list[RunSegment] = []
        self._chunks = self._rows = 0

    def add(self, run: Run) -> None:
        """Take a run; seal and publish a segment first if there are enough runs for one."""
        if not run.data:
            return
        segment = RunSegment.from_bytes("run", run.data)
        rows = len(segment.files)
        if self._chunks + run.chunks > SEGMENT_CHUNKS or self._rows + rows > MAX_FILES:
            with self._clock.during("seal"):
                self._seal()
            if self.publish_partial:
                with self._clock.during("commit"):
                    self._publish(finished=False)
        self._runs.append(segment)
        self._chunks += run.chunks
        self._rows += rows

    def finish(self, skipped: dict[str, int]) -> Manifest:
        """Seal the last runs and publish, unless nothing has changed since the last commit.

        `skipped` are the numbers of files that the index leaves out, by reason. Returns the
        manifest that is current afterwards.
        """
        with self._clock.during("seal"):
            self._seal()
        self.manifest = replace(self.manifest, skipped=skipped)
        with self._clock.during("commit"):
            self._publish(finished=True)
        return self.manifest

    def _seal(self) -> None:
        if not self._runs:
            return
        for run in self._runs:
            hashes = run.files["path_hash"][run.files["skip"] == 0]
            old = self.known.known(hashes)
            self.changed += int(np.count_nonzero(old))
            self.added += int(np.count_nonzero(~old))
            self._replaced.append(run.files["path_hash"].copy())
        parts = [(run, np.ones(len(run.files), bool)) for run in self._runs]
        stats = np.concatenate([run.stats for run in self._runs])
        self._new.append(write_merged(self.storage, parts, stats))
        self._runs, self._chunks, self._rows = [], 0, 0

    def _publish(self, finished: bool) -> None:
        masks = self.known.live_after(np.concatenate(self._replaced), finished)
        segments = (
            *(self._old_entry(number, mask) for number, mask in enumerate(masks) if mask.any()),
            *self._new,
        )
        complete = self._complete[finished]
        if finished and (segments, complete) == (self.manifest.segments, self.manifest.complete):
            return
        self.manifest = replace(
            self.manifest,
            generation=self.manifest.generation + 1,
            segments=segments,
            complete=complete,
        )
        publish(self.storage, self.manifest if finished else self._unfinished())

    def _unfinished(self) -> Manifest:
        """Return the current manifest, but with the start time of the previous walk.

        Files racy then (see `changes.RACY_NS`) that this walk has not reached must stay racy.
        """
        before = self.known.snapshot
        started = before.manifest.started_ns if before else self.manifest.started_ns
        return replace(self.manifest, started_ns=started)

    def _old_entry(self, number: int, mask: NDArray[np.bool_]) -> SegmentEntry:
        """Return an old segment's entry with the live files `mask`; write new times, if any."""
        live = self.known.segments[number]
        entry = self._old[number].with_live(mask, live.segment.files)
        newer = self.known.new_stats(number)
        return entry if newer is None else replace(entry, stats=write_stats(self.storage, newer))
