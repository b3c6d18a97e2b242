"""A worker that answers searches: a frame with a request in, a frame with an answer out."""

from __future__ import annotations

import gc

from codelode.errors import CodelodeError
from codelode.search.parallel_scan import share_cores
from codelode.serving.messages import WorkerOptions, pack_answer, unpack_request
from codelode.system.error_message import pack_error
from codelode.system.processes import ParentProcess


def main() -> None:
    """Answer requests until the parent closes the pipe or dies."""
    parent = ParentProcess.connect()
    options = WorkerOptions(**parent.options)
    share_cores(options.processes)
    reader = options.reader()
    gc.freeze()
    for request in parent.requests():
        try:
            reply, texts = pack_answer(reader.answer(unpack_request(request)))
        except (CodelodeError, OSError) as error:
            reply, texts = pack_error(error), b""
        parent.reply(reply, texts)


if __name__ == "__main__":
    main()
