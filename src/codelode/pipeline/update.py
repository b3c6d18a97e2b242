"""Bring an index up to date with its tree: the whole index path, step by step."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from codelode import metrics
from codelode.discover.walk import walk
from codelode.pipeline.batch import BatchIndexer, batches
from codelode.pipeline.changes import KnownFiles, SkipCounter, changed_files, settled_now
from codelode.pipeline.ledger import Ledger
from codelode.pipeline.memory_cap import PARENT_BYTES, MemoryBudget, default_cap
from codelode.pipeline.messages import WorkerOptions
from codelode.pipeline.pool import WorkerPool
from codelode.pipeline.seal import Sealer
from codelode.report import UpdateReport
from codelode.store.compact import BUDGET_CHUNKS, compact
from codelode.system.cpu import available_cores
from codelode.system.memory import peak_rss_bytes, resident_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from codelode.discover.options import WalkOptions
    from codelode.discover.scope import Scope
    from codelode.embed.encoder import Encoder
    from codelode.pipeline.batch import Run
    from codelode.pipeline.options import Progress, UpdateOptions
    from codelode.pipeline.stages import StageClock
    from codelode.store.manifest import Manifest
    from codelode.store.snapshot import Snapshot
    from codelode.store.storage import Storage
    from codelode.types import Skip, SourceFile, Task

SMALL_BATCHES = 2
"""Up to this many batches run without workers, because starting these would take longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateContext:
    """One update of an index whose write lock the caller holds.

    `manifest` is the manifest to continue from; `snapshot` holds its segments (None for a rebuild).
    `scope` is the part of the tree to update (None: all of it). `model` is the name by which
    workers load the encoder, None if they cannot. `traces` collects the profiles of the
    workers, if requested: (name of the process, speedscope's JSON).
    """

    storage: Storage
    root: Path
    walk: WalkOptions
    scope: Scope | None
    manifest: Manifest
    snapshot: Snapshot | None
    encoder: Encoder
    model: str | None
    traces: list[tuple[str, str]] | None

    @property
    def whole(self) -> bool:
        """Whether the update covers the whole tree."""
        return self.scope is None

    def walked(self) -> Iterator[SourceFile | Skip]:
        """Walk the part of the tree to update."""
        return walk(self.root, self.walk, self.scope)

    def sealer(self, known: KnownFiles, clock: StageClock) -> Sealer:
        """Return the sealer of the runs of this update."""
        publish_partial = self.manifest.generation == 0 or self.snapshot is not None
        return Sealer(self.storage, self.manifest, known, publish_partial, clock, self.whole)


def update(context: UpdateContext, options: UpdateOptions) -> UpdateReport:
    """Index the files of a tree that have changed, and commit."""
    ledger = Ledger(available_cores())
    if context.whole:  # after a partial update, older changes elsewhere may still be missing
        context = replace(context, manifest=replace(context.manifest, started_ns=settled_now()))
    with ledger.clock.during("compare"):
        known = KnownFiles(context.snapshot, context.scope)
    sealer = context.sealer(known, ledger.clock)
    skips = SkipCounter(options.on_skip)
    budget = MemoryBudget(
        options.max_memory or default_cap(), max(0, resident_bytes() - PARENT_BYTES)
    )
    walked = options.slice.within(context.walked())
    tasks = changed_files(walked, known, skips, ledger.clock)
    with _runs(context, options, budget, tasks, ledger.clock) as (runs, pool):
        for run in runs:
            for skip in run.skips:
                skips.add(skip)
            ledger.add(run)
            known.note_same(run.same)
            sealer.add(run)
            held = resident_bytes() + (pool.peak_rss if pool else 0)
            budget.check(held, "seal", run.last_path)
            _announce(run, options.progress)
    for skip, _ in known.lasting_skips():
        skips.add(skip)
    committed = sealer.finish(dict(skips.counts) if context.whole else context.manifest.skipped)
    with ledger.clock.during("compact"):
        committed = compact(context.storage, committed, options.merged_chunks or BUDGET_CHUNKS)
    return _report(committed, sealer, skips, ledger, pool)


def _announce(run: Run, progress: Progress | None) -> None:
    """Report a run that is done to the progress listener and to the metrics."""
    if progress:
        progress.indexed(run.files, run.bytes_read)
    if (recorder := metrics.recorder()) is not None:
        recorder.batch_done(run.chunks, run.bytes_read)


def _report(
    committed: Manifest,
    sealer: Sealer,
    skips: SkipCounter,
    ledger: Ledger,
    pool: WorkerPool | None,
) -> UpdateReport:
    stages, load = ledger.totals(pool)
    return UpdateReport(
        files=committed.files,
        files_added=sealer.added,
        files_changed=sealer.changed,
        files_removed=sealer.known.removed(),
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
    context: UpdateContext,
    options: UpdateOptions,
    budget: MemoryBudget,
    tasks: Iterable[Task],
    clock: StageClock,
) -> Iterator[tuple[Iterable[Run], WorkerPool | None]]:
    """Yield the runs of all batches, in order, and the workers that make them, or None."""
    limit = context.walk.max_file_size
    jobs = 1 if context.model is None else budget.jobs(options.jobs)
    waiting = _counted(batches(tasks), options.progress)
    first = list(islice(waiting, SMALL_BATCHES + 1))
    if jobs == 1 or len(first) <= SMALL_BATCHES:
        indexer = BatchIndexer(context.root, context.encoder, limit, options.profile)
        yield map(indexer.index, chain(first, waiting)), None
        return
    worker_options = WorkerOptions(
        root=str(context.root),
        model=context.model,
        max_file_size=limit,
        memory_limit=budget.worker_limit(jobs),
        costs=options.profile,
        trace=context.traces is not None,
    )
    with WorkerPool(jobs, worker_options, clock) as pool:
        yield pool.map(chain(first, waiting)), pool
    if context.traces is not None:
        context.traces.extend(pool.traces)


def _counted(batches: Iterator[list[Task]], progress: Progress | None) -> Iterator[list[Task]]:
    """Yield the batches, and report their files to the progress listener."""
    for batch in batches:
        if progress:
            progress.found(len(batch), sum(task.file.size for task in batch))
        yield batch
