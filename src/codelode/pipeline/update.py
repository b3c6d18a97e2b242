"""Bring an index up to date with its tree: the whole index path on one screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol

from codelode import metrics
from codelode.discover.walk import WalkOptions, walk
from codelode.pipeline.batch import BatchIndexer, Run
from codelode.pipeline.changes import (
    KnownFiles,
    SkipCounter,
    changed_files,
    settled_now,
)
from codelode.pipeline.ledger import Ledger
from codelode.pipeline.memory_cap import PARENT_BYTES, MemoryBudget, default_cap
from codelode.pipeline.messages import WorkerOptions
from codelode.pipeline.pool import WorkerPool
from codelode.pipeline.seal import Sealer
from codelode.report import UpdateReport
from codelode.store.compact import compact
from codelode.system.cpu import available_cores
from codelode.system.memory import peak_rss_bytes, resident_bytes
from codelode.types import Skip, Task

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.discover.scope import Scope
    from codelode.embed.encoder import Encoder
    from codelode.pipeline.stages import StageClock
    from codelode.store.manifest import Manifest
    from codelode.store.snapshot import Snapshot
    from codelode.store.storage import Storage

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
class UpdateOptions:
    """How to update: what to walk, how many processes, which model, how much memory (bytes).

    `scope` is the part of the tree to look at (default: all of it). `profile` asks for what each
    file takes; `traces` is where the profiles of the workers go, if
    they are asked for: (name of the process, speedscope's JSON).
    """

    walk: WalkOptions
    scope: Scope | None = None
    jobs: int = 1
    model: str | None = None
    max_memory: int | None = None
    on_skip: Callable[[Skip], None] | None = None
    progress: Progress | None = None
    profile: bool = False
    traces: list[tuple[str, str]] | None = None


def update(
    storage: Storage,
    root: Path,
    manifest: Manifest,
    snapshot: Snapshot | None,
    encoder: Encoder,
    options: UpdateOptions,
) -> UpdateReport:
    """Index what changed under `root` into `storage`, whose write lock the caller holds.

    `manifest` is what to go on from, `snapshot` its segments (None to build anew).
    """
    ledger = Ledger(available_cores())
    whole = options.scope is None
    if whole:  # else files beyond the scope may have been missed since the walk before
        manifest = replace(manifest, started_ns=settled_now())
    with ledger.clock.during("compare"):
        known = KnownFiles(snapshot, options.scope)
    publish_partial = manifest.generation == 0 or snapshot is not None
    sealer = Sealer(storage, manifest, known, publish_partial, ledger.clock, whole)
    skips = SkipCounter(options.on_skip)
    budget = MemoryBudget(
        options.max_memory or default_cap(), max(0, resident_bytes() - PARENT_BYTES)
    )
    found = changed_files(walk(root, options.walk, options.scope), known, skips, ledger.clock)
    batches = _batches(found, options.progress)
    with _runs(root, encoder, options, budget, batches, ledger.clock) as (runs, pool):
        for run in runs:
            for skip in run.skips:
                skips.add(skip)
            ledger.add(run)
            known.note_same(run.same)
            sealer.add(run)
            held = resident_bytes() + (pool.peak_rss if pool else 0)
            budget.check(held, "seal", run.last_path)
            _tell(run, options.progress)
    for skip in known.lasting_skips():
        skips.add(skip)
    committed = sealer.finish(dict(skips.counts) if whole else manifest.skipped)
    with ledger.clock.during("compact"):
        committed = compact(storage, committed)
    return _report(committed, sealer, known, skips, ledger, pool)


def _tell(run: Run, progress: Progress | None) -> None:
    """Tell those who want to know that a run is done."""
    if progress:
        progress.indexed(run.files, run.bytes_read)
    if (recorder := metrics.recorder()) is not None:
        recorder.batch_done(run.chunks, run.bytes_read)


def _report(
    committed: Manifest,
    sealer: Sealer,
    known: KnownFiles,
    skips: SkipCounter,
    ledger: Ledger,
    pool: WorkerPool | None,
) -> UpdateReport:
    stages, load = ledger.totals(pool)
    return UpdateReport(
        files=committed.files,
        files_added=sealer.added,
        files_changed=sealer.changed,
        files_removed=known.removed(),
        files_skipped=sum(skips.counts.values()),
        chunks=committed.chunks,
        chunks_made=ledger.chunks,
        bytes_read=ledger.bytes_read,
        index_bytes=committed.index_bytes,
        seconds=ledger.seconds,
        peak_rss_bytes=peak_rss_bytes() + (pool.peak_rss if pool else 0),
        generation=committed.generation,
        segments=len(committed.segments),
        load=load,
        skipped=dict(skips.counts),
        stages=stages,
        slowest=ledger.slowest,
        largest=ledger.largest,
    )


@contextmanager
def _runs(
    root: Path,
    encoder: Encoder,
    options: UpdateOptions,
    budget: MemoryBudget,
    batches: Iterator[list[Task]],
    clock: StageClock,
) -> Iterator[tuple[Iterable[Run], WorkerPool | None]]:
    """The run of every batch, in order; and the workers that make them, if there are any."""
    size = options.walk.max_file_size
    jobs = budget.jobs(options.jobs)
    first = list(islice(batches, SMALL_BATCHES + 1))
    if jobs == 1 or len(first) <= SMALL_BATCHES:
        indexer = BatchIndexer(root, encoder, size, options.profile)
        yield map(indexer.index, chain(first, batches)), None
        return
    limit = budget.worker_limit(jobs)
    traced = options.traces is not None
    work = WorkerOptions(str(root), options.model, size, limit, options.profile, traced)
    with WorkerPool(jobs, work, clock) as pool:
        yield pool.map(chain(first, batches)), pool
    if options.traces is not None:
        options.traces.extend(pool.traces)


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
