"""A search process: frames with queries in, frames with answers out, until its input ends."""

from __future__ import annotations

import gc
import os
from pathlib import Path

from codelode.errors import CodelodeError
from codelode.reader import IndexReader
from codelode.search.parallel_scan import share_cores
from codelode.serving.messages import WorkerOptions, pack, pack_error
from codelode.system.framing import receive, send, streams


def main() -> None:
    """Serve until the parent closes the pipe or dies."""
    source, sink = streams()
    first = receive(source)
    if first is None:
        return
    options = WorkerOptions(**first[0])
    share_cores(options.processes)
    index = IndexReader(
        Path(options.root), Path(options.directory), options.model, options.index_dir
    )
    gc.freeze()
    while (request := receive(source)) is not None:
        try:
            reply, texts = pack(index.answer(*request[0]))
        except (CodelodeError, OSError) as error:
            reply, texts = pack_error(error), b""
        try:
            send(sink, reply, texts)
        except BrokenPipeError:
            os._exit(0)  # the parent died; what it is owed would be complained about at a usual end


if __name__ == "__main__":
    main()
