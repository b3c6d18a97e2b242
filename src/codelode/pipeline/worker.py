"""A worker process: frames with batches in, frames with runs out, until its input ends."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from codelode.embed.load import load
from codelode.errors import CodelodeError, MemoryCapError
from codelode.pipeline.batch import BatchIndexer
from codelode.pipeline.memory import limit_this_process
from codelode.pipeline.pool import WorkerOptions, pack_file, receive, send, unpack

_COLLECT_AFTER = 200_000
"""Containers made and not freed before Python looks for cycles. Indexing makes none, but a model
might; the usual 700 means looking at every list of syntax nodes several times."""


def main() -> None:
    """Serve until the parent closes the pipe or dies."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not end up in a frame
    first = receive(source)
    if first is None:
        return
    options = WorkerOptions(**first[0])
    limit_this_process(options.memory_limit)
    indexer = BatchIndexer(Path(options.root), load(options.model), options.max_file_size)
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    while (request := receive(source)) is not None:
        try:
            run = indexer.index([unpack(fields) for fields in request[0]])
        except CodelodeError as error:
            send(sink, {"error": str(error), "memory": isinstance(error, MemoryCapError)})
            continue
        head = {
            "files": run.files,
            "chunks": run.chunks,
            "bytes_read": run.bytes_read,
            "skips": [(skip.path, skip.reason, skip.detail) for skip in run.skips],
            "same": [pack_file(file) for file in run.same],
            "seconds": run.seconds,
            "peak_rss": run.peak_rss,
            "last_path": run.last_path,
        }
        send(sink, head, run.data)


if __name__ == "__main__":
    main()
