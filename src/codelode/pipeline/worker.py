"""A worker process: frames with batches in, frames with runs out, until its input ends."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from codelode.embed.load import load
from codelode.errors import CodelodeError, MemoryCapError
from codelode.pipeline.batch import BatchIndexer, Run
from codelode.pipeline.memory_cap import limit_this_process
from codelode.pipeline.pool import WorkerOptions, pack_file, unpack
from codelode.report import StageTime
from codelode.system.framing import receive, send, streams

if TYPE_CHECKING:
    from codelode.pipeline.trace import Tracer

_NICENESS = 5
"""Searches go first: a third of the weight of a usual process, where both want a core."""

_COLLECT_AFTER = 200_000
"""Containers made and not freed before Python looks for cycles. Indexing makes none, but a model
might; the usual 700 means looking at every list of syntax nodes several times."""


def main() -> None:
    """Serve until the parent closes the pipe or dies."""
    source, sink = streams()
    first = receive(source)
    if first is None:
        return
    options = WorkerOptions(**first[0])
    os.nice(_NICENESS)
    limit_this_process(options.memory_limit)
    tracer = _tracer() if options.trace else None
    indexer = BatchIndexer(
        Path(options.root), load(options.model), options.max_file_size, options.costs
    )
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    # The clock is one for all processes of a machine, since it started.
    start = StageTime(time.monotonic() - options.started, time.process_time())
    _serve(source, sink, indexer, start)
    if tracer is not None:
        send(sink, {"trace": _finished(tracer)})


def _serve(source: BinaryIO, sink: BinaryIO, indexer: BatchIndexer, start: StageTime) -> None:
    ready = time.perf_counter()
    while (request := receive(source)) is not None:
        waited = time.perf_counter() - ready
        try:
            run = indexer.index([unpack(fields) for fields in request[0]])
        except CodelodeError as error:
            send(sink, {"error": str(error), "memory": isinstance(error, MemoryCapError)})
            continue
        run.waited = waited
        if start.wall:
            run.stages["start"], start = start, StageTime(0.0, 0.0)
        send(sink, _head(run), run.data)
        ready = time.perf_counter()


def _head(run: Run) -> dict[str, object]:
    return {
        "files": run.files,
        "chunks": run.chunks,
        "bytes_read": run.bytes_read,
        "skips": [(skip.path, skip.reason, skip.detail) for skip in run.skips],
        "same": [pack_file(file) for file in run.same],
        "stages": {name: (spent.wall, spent.cpu) for name, spent in run.stages.items()},
        "peak_rss": run.peak_rss,
        "last_path": run.last_path,
        "costs": [(f.path, f.wall, f.cpu, f.bytes, f.chunks) for f in run.costs],
        "cpu": run.cpu,
        "waited": run.waited,
    }


def _tracer() -> Tracer:
    from codelode.pipeline.trace import Tracer

    return Tracer()


def _finished(tracer: Tracer) -> str | None:
    """The profile, unless it does not fit into this worker's share of the memory."""
    try:
        return tracer.finish()
    except MemoryError:
        return None


if __name__ == "__main__":
    main()
