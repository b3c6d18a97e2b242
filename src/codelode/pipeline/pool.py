"""A pool of workers: batches out, runs back in order, with a bounded number under way."""

from __future__ import annotations

import queue
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from codelode.errors import IndexingError
from codelode.pipeline.handle import WorkerHandle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from codelode.pipeline.batch import Run
    from codelode.pipeline.messages import WorkerOptions
    from codelode.pipeline.stages import StageClock
    from codelode.types import Task

BATCHES_AHEAD = 6
"""Batches that wait per worker, so that no worker waits while the parent seals a segment."""


class WorkerPool:
    """`jobs` workers. Use as a context manager: leaving it by an exception kills the workers.

    `clock` counts the waits of the caller for runs as the stage "wait". `run_wait` is the time that
    finished runs waited for the caller, `transfer_cpu` the CPU time of talking to workers; both are
    in seconds. After the end, `traces` has the profile of each worker: (name of the process,
    profile).
    """

    def __init__(self, jobs: int, options: WorkerOptions, clock: StageClock) -> None:
        self.jobs = jobs
        self.run_wait = self.transfer_cpu = 0.0
        self.traces: list[tuple[str, str]] = []
        self._clock = clock
        self._traced = options.trace
        self._handles: list[WorkerHandle] = []
        self._idle: queue.SimpleQueue[WorkerHandle] = queue.SimpleQueue()
        try:
            for _ in range(jobs):
                self._handles.append(WorkerHandle(options))
                self._idle.put(self._handles[-1])
        except BaseException:
            self._kill()
            raise
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="lode-worker")

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._finish()
        else:
            self._kill()
        self._threads.shutdown(cancel_futures=True)
        for handle in self._handles:
            handle.close()

    def _finish(self) -> None:
        for handle in self._handles:
            handle.end_input()
        for handle in self._handles:
            profile = handle.finish(self._traced)
            if profile is not None:
                self.traces.append((f"worker {handle.pid}", profile))

    def _kill(self) -> None:
        for handle in self._handles:
            handle.kill()

    @property
    def peak_rss(self) -> int:
        """The sum of the workers' peaks of resident memory so far, in bytes."""
        return sum(handle.peak_rss for handle in self._handles)

    @property
    def cpu(self) -> float:
        """The sum of the workers' CPU seconds, up to the last run of each."""
        return sum(handle.cpu for handle in self._handles)

    def map(self, batches: Iterable[Sequence[Task]]) -> Iterator[Run]:
        """Yield the run of each batch, in order.

        Takes batches while workers make runs; at most `BATCHES_AHEAD` batches per worker wait.
        Raises what `WorkerHandle.index` raises.
        """
        pending: deque[Future[tuple[Run, float, float]]] = deque()
        for batch in batches:
            try:
                pending.append(self._threads.submit(self._index, batch))
            except RuntimeError as error:  # no more threads, or Python is about to end
                raise IndexingError(f"cannot use an indexing worker: {error}") from None
            if len(pending) >= self.jobs * (1 + BATCHES_AHEAD):
                yield self._result(pending.popleft())
        while pending:
            yield self._result(pending.popleft())

    def _result(self, future: Future[tuple[Run, float, float]]) -> Run:
        with self._clock.during("wait"):
            run, finished, cpu = future.result()
        self.run_wait += time.perf_counter() - finished
        self.transfer_cpu += cpu
        return run

    def _index(self, batch: Sequence[Task]) -> tuple[Run, float, float]:
        """Return a run, the time when it finished, and the CPU seconds this thread spent on it."""
        handle = self._idle.get()
        began = time.thread_time()
        try:
            run = handle.index(batch)
        finally:
            self._idle.put(handle)
        return run, time.perf_counter(), time.thread_time() - began
