"""The OpenTelemetry instruments. Their names and units are a contract: docs/monitoring.md."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from codelode.system.memory import resident_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from codelode.report import UpdateReport

QUERY_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
UPDATE_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)


class Recorder:
    """All instruments. Any thread may record."""

    def __init__(self, meter: Meter) -> None:
        counter, gauge = meter.create_counter, meter.create_gauge
        self._files = counter(
            "codelode.files", "{file}", "Files that updates added, changed or removed"
        )
        self._chunks = counter("codelode.chunks", "{chunk}", "Chunks made of files that were read")
        self._read = counter("codelode.read", "By", "Bytes of files that updates read")
        self._stages = counter("codelode.stage.time", "s", "Time spent in each stage of updates")
        self._errors = counter("codelode.errors", "{error}", "Updates and searches that failed")
        self._updates = meter.create_histogram(
            "codelode.update.duration",
            "s",
            "How long updates take",
            explicit_bucket_boundaries_advisory=UPDATE_SECONDS,
        )
        self._queries, self._query_phases = (
            meter.create_histogram(
                name, "s", description, explicit_bucket_boundaries_advisory=QUERY_SECONDS
            )
            for name, description in (
                ("codelode.query.duration", "How long searches take"),
                ("codelode.query.phase.duration", "How long each phase of a search takes"),
            )
        )
        self._generation = gauge("codelode.index.generation", "", "Number of the newest commit")
        self._index_files = gauge("codelode.index.files", "{file}", "Files in the index")
        self._index_chunks = gauge("codelode.index.chunks", "{chunk}", "Chunks in the index")
        self._segments = gauge("codelode.index.segments", "{segment}", "Segments of the index")
        self._size = gauge("codelode.index.size", "By", "Bytes of the index on disk")
        self._skipped = gauge(
            "codelode.index.skipped", "{file}", "Files that the last update left out"
        )
        self._utilization = gauge("codelode.update.utilization", "1", "Share of the cores in use")
        self._peak = gauge("codelode.update.memory", "By", "Peak memory of the last update")
        meter.create_observable_gauge(
            "codelode.process.memory", [_resident], "By", "Resident memory of this process"
        )
        self._thread = threading.local()
        self._reasons: dict[str, set[str]] = {}

    def batch_done(self, chunks: int, bytes_read: int) -> None:
        """Record a batch of files that was read."""
        self._chunks.add(chunks)
        self._read.add(bytes_read)

    def update_done(self, root: str, report: UpdateReport, *, whole: bool = True) -> None:
        """Record an update that has ended; `batch_done` has counted its chunks and bytes.

        `whole` says that the update covered the whole tree, so that its skips are complete.
        """
        for change in ("added", "changed", "removed"):
            self._files.add(getattr(report, f"files_{change}"), {"change": change})
        for stage, spent in report.stages.items():
            self._stages.add(spent.wall, {"stage": stage, "clock": "wall"})
            self._stages.add(spent.cpu, {"stage": stage, "clock": "cpu"})
        self._updates.record(report.seconds)
        self._utilization.set(report.load.utilization)
        self._peak.set(report.peak_rss_bytes)
        if whole:
            self._set_skipped(root, report.skipped)
        self.index_seen(
            root,
            report.generation,
            files=report.files,
            chunks=report.chunks,
            segments=report.segments,
            size=report.index_bytes,
        )

    def _set_skipped(self, root: str, skipped: Mapping[str, int]) -> None:
        reasons = self._reasons.setdefault(root, set())
        reasons.update(skipped)
        named = _label(root)
        for reason in reasons:  # also the reasons of earlier updates, to reset them
            self._skipped.set(skipped.get(reason, 0), {"root": named, "reason": reason})

    def index_seen(
        self, root: str, generation: int, *, files: int, chunks: int, segments: int, size: int
    ) -> None:
        """Record the contents of an index. `size` is in bytes."""
        named = _label(root)
        for gauge, value in (
            (self._generation, generation),
            (self._index_files, files),
            (self._index_chunks, chunks),
            (self._segments, segments),
            (self._size, size),
        ):
            gauge.set(value, {"root": named})

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Return a context that adds its time to a phase of this thread's search.

        While an inner phase runs, the clock of the outer phase stands still.
        """
        outer: str | None = getattr(self._thread, "phase", None)
        self._thread.phase = phase
        began = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - began
            self._thread.phase = outer
            self._spent()[phase] += seconds
            if outer is not None:
                self._spent()[outer] -= seconds

    def query_done(self, mode: str, seconds: float) -> None:
        """Record a search of this thread that has ended, and its phases."""
        self._queries.record(seconds, {"mode": mode})
        for phase, spent in self._spent().items():
            self._query_phases.record(spent, {"phase": phase})
        self._spent().clear()

    def failed(self, operation: str, error: str) -> None:
        """Record an update or a search that ended with an error of this class."""
        self._errors.add(1, {"operation": operation, "error": error})
        self._spent().clear()

    def _spent(self) -> dict[str, float]:
        """Return the seconds by phase of this thread's search."""
        spent: dict[str, float] | None = getattr(self._thread, "spent", None)
        if spent is None:
            spent = self._thread.spent = defaultdict(float)
        return spent


def _label(name: str) -> str:
    """Return the name of a file or folder as the label of a metric, in valid Unicode."""
    return os.fsencode(name).decode("utf-8", "replace")


def _resident(_: CallbackOptions) -> Iterable[Observation]:
    yield Observation(resident_bytes())
