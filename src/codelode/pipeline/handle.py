"""The parent's end of a worker that indexes batches."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from codelode.errors import IndexingError
from codelode.pipeline.messages import WorkerOptions, pack_batch, unpack_run
from codelode.system.forked import MOST_BYTES, may_fork
from codelode.system.processes import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.pipeline.batch import Run
    from codelode.types import Task

WORKER = "codelode.pipeline.worker"


class WorkerHandle:
    """A worker that indexes one batch at a time.

    `peak_rss` is its peak resident memory in bytes, `cpu` its CPU seconds, both as of its last run.
    """

    def __init__(self, options: WorkerOptions) -> None:
        """Start the worker. Raises `IndexingError` if that fails."""
        self.peak_rss = 0
        self.cpu = 0.0
        options = replace(options, started=time.monotonic())
        try:
            most = min(MOST_BYTES, options.memory_limit // 2)
            fork = not options.trace and may_fork(most)
            self._process = ChildProcess(WORKER, asdict(options), fork=fork)
        except OSError as error:
            raise IndexingError(f"cannot start an indexing worker: {error.strerror}") from None

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def index(self, batch: Sequence[Task]) -> Run:
        """Return the run of a batch. Raises the worker's error, or `IndexingError` if it died."""
        try:
            self._process.send(pack_batch(batch))
            reply = self._process.receive()
        except BrokenPipeError:
            reply = None
        if reply is None:
            raise IndexingError(
                f"an indexing worker died (exit status {self._process.wait()}) while working on"
                f" {batch[0].file.path!r} and the {len(batch) - 1} files after it"
            )
        run = unpack_run(*reply)
        self.peak_rss, self.cpu = run.peak_rss, run.cpu
        return run

    def end_input(self) -> None:
        """Tell the worker that no more batches follow, so that it finishes."""
        self._process.end_input()

    def finish(self, traced: bool) -> str | None:
        """Wait for the end of the worker; return its profile if it was `traced`, else None."""
        last = self._process.receive() if traced else None
        self._process.wait()
        return None if last is None else last[0]["trace"]

    def kill(self) -> None:
        """End the worker at once."""
        self._process.wait(0)

    def close(self) -> None:
        """Close the pipes of a worker that has ended; no thread may use them any more."""
        self._process.close()
