"""A worker that indexes: it reads a frame with a batch and replies with a frame with its run."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.embed.load import load
from codelode.errors import CodelodeError
from codelode.pipeline.batch import BatchIndexer
from codelode.pipeline.messages import WorkerOptions, pack_run, unpack_batch
from codelode.report import StageTime
from codelode.system.cpu import lower_priority
from codelode.system.error_message import pack_error
from codelode.system.memory import limit_allocations
from codelode.system.processes import ParentProcess

if TYPE_CHECKING:
    from codelode.pipeline.trace import Tracer

_NICENESS = 5
"""With this, a worker gets a third of the share of a search that wants the same core."""

_COLLECT_AFTER = 200_000
"""Containers made and not freed before Python looks for cycles. Indexing makes none, but a model
might; the usual 700 means looking at every list of syntax nodes several times."""


def main() -> None:
    """Index batches until the parent closes the pipe or dies."""
    parent = ParentProcess.connect()
    options = WorkerOptions(**parent.options)
    lower_priority(_NICENESS)
    limit_allocations(options.memory_limit)
    tracer = _tracer() if options.trace else None
    indexer = BatchIndexer(
        Path(options.root), load(options.model), options.max_file_size, options.costs
    )
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    # `time.monotonic` has the same origin in all processes of a machine.
    start = StageTime(time.monotonic() - options.started, time.process_time())
    _serve(parent, indexer, start)
    if tracer is not None:
        parent.reply({"trace": _finished(tracer)})


def _serve(parent: ParentProcess, indexer: BatchIndexer, start: StageTime) -> None:
    """Index each batch; the first run includes the time to start this process."""
    ready = time.perf_counter()
    for batch in parent.requests():
        waited = time.perf_counter() - ready
        try:
            run = indexer.index(unpack_batch(batch))
        except CodelodeError as error:
            parent.reply(pack_error(error))
            continue
        run.waited = waited
        if start.wall:
            run.stages["start"], start = start, StageTime(wall=0.0, cpu=0.0)
        parent.reply(*pack_run(run))
        ready = time.perf_counter()


def _tracer() -> Tracer:
    from codelode.pipeline.trace import Tracer

    return Tracer()


def _finished(tracer: Tracer) -> str | None:
    """Return the profile, or None if it does not fit into this worker's share of the memory."""
    try:
        return tracer.finish()
    except MemoryError:
        return None


if __name__ == "__main__":
    main()
