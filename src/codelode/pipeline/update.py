"""Bring an index up to date with its tree: the whole index path on one screen."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol

from codelode.discover.walk import WalkOptions, walk
from codelode.pipeline.batch import BatchIndexer, Run
from codelode.pipeline.changes import (
    KnownFiles,
    SkipCounter,
    changed_files,
    settled_now,
)
from codelode.pipeline.memory import (
    PARENT_BYTES,
    MemoryBudget,
    default_cap,
    peak_rss_bytes,
    resident_bytes,
)
from codelode.pipeline.pool import WorkerOptions, WorkerPool
from codelode.pipeline.seal import Sealer
from codelode.store.compact import compact
from codelode.types import Skip, Task

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.embed.encoder import Encoder
    from codelode.store.manifest import Manifest
    from codelode.store.snapshot import Snapshot

BATCH_BYTES = 1 << 20
BATCH_FILES = 256
SMALL_BATCHES = 2
"""Work of no more batches than this is done in this process: workers take longer to start."""


class Progress(Protocol):
    """Told how an update goes on; both calls are cheap and frequent."""

    def found(self, files: int, size: int) -> None:
        """So many more files, of so many bytes, have to be read."""

    def indexed(self, files: int, size: int) -> None:
        """So many more files, of so many bytes, are done."""


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What an update did. Sizes in bytes; `peak_rss_bytes` is the sum over all processes."""

    files: int
    files_added: int
    files_changed: int
    files_removed: int
    files_skipped: int
    chunks: int
    bytes_read: int
    index_bytes: int
    seconds: float
    peak_rss_bytes: int
    generation: int
    skipped: dict[str, int] = field(default_factory=dict)
    stage_seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UpdateOptions:
    """How to update: what to walk, how many processes, which model, how much memory (bytes)."""

    walk: WalkOptions
    jobs: int = 1
    model: str | None = None
    max_memory: int | None = None
    on_skip: Callable[[Skip], None] | None = None
    progress: Progress | None = None


def update(
    directory: Path,
    root: Path,
    manifest: Manifest,
    snapshot: Snapshot | None,
    encoder: Encoder,
    options: UpdateOptions,
) -> UpdateReport:
    """Index what changed under `root` into `directory`, whose write lock the caller holds.

    `manifest` is what to go on from, `snapshot` its segments (None to build anew).
    """
    began = time.perf_counter()
    manifest = replace(manifest, started_ns=settled_now())
    known = KnownFiles(snapshot)
    sealer = Sealer(
        directory, manifest, known, publish_partial=manifest.generation == 0 or snapshot is not None
    )
    skips = SkipCounter(options.on_skip)
    stages: Counter[str] = Counter()
    bytes_read = workers_rss = 0
    budget = MemoryBudget(
        options.max_memory or default_cap(), max(0, resident_bytes() - PARENT_BYTES)
    )
    batches = _batches(changed_files(walk(root, options.walk), known, skips), options.progress)
    with _runs(root, encoder, options, budget, batches) as (runs, pool):
        for run in runs:
            for skip in run.skips:
                skips.add(skip)
            stages.update(run.seconds)
            bytes_read += run.bytes_read
            known.note_same(run.same)
            sealer.add(run)
            workers_rss = pool.peak_rss if pool else 0
            budget.check(resident_bytes() + workers_rss, "seal", run.last_path)
            if options.progress:
                options.progress.indexed(run.files, run.bytes_read)
    for skip in known.lasting_skips():
        skips.add(skip)
    committed = compact(directory, sealer.finish(dict(skips.counts)))
    return UpdateReport(
        files=committed.files,
        files_added=sealer.added,
        files_changed=sealer.changed,
        files_removed=known.removed(),
        files_skipped=sum(skips.counts.values()),
        chunks=committed.chunks,
        bytes_read=bytes_read,
        index_bytes=committed.index_bytes,
        seconds=time.perf_counter() - began,
        peak_rss_bytes=peak_rss_bytes() + workers_rss,
        generation=committed.generation,
        skipped=dict(skips.counts),
        stage_seconds=dict(stages),
    )


@contextmanager
def _runs(
    root: Path,
    encoder: Encoder,
    options: UpdateOptions,
    budget: MemoryBudget,
    batches: Iterator[list[Task]],
) -> Iterator[tuple[Iterable[Run], WorkerPool | None]]:
    """The run of every batch, in order; and the workers that make them, if there are any."""
    size = options.walk.max_file_size
    jobs = budget.jobs(options.jobs)
    first = list(islice(batches, SMALL_BATCHES + 1))
    if jobs == 1 or len(first) <= SMALL_BATCHES:
        yield map(BatchIndexer(root, encoder, size).index, chain(first, batches)), None
        return
    work = WorkerOptions(str(root), options.model, size, budget.worker_limit(jobs))
    with WorkerPool(jobs, work) as pool:
        yield pool.map(chain(first, batches)), pool


def _batches(tasks: Iterable[Task], progress: Progress | None) -> Iterator[list[Task]]:
    """Neighbours together, up to `BATCH_BYTES` and `BATCH_FILES`: the same whatever the workers."""
    batch: list[Task] = []
    size = 0
    for task in tasks:
        if batch and (size + task.file.size > BATCH_BYTES or len(batch) == BATCH_FILES):
            if progress:
                progress.found(len(batch), size)
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += task.file.size
    if batch:
        if progress:
            progress.found(len(batch), size)
        yield batch
