"""Worker processes: batches out, runs back, in order, with a bounded number under way.

A worker is a plain child process (`python -m codelode.pipeline.worker`) that talks in `frames`.
"""

from __future__ import annotations

import os
import queue
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from codelode.errors import IndexingError, MemoryCapError
from codelode.pipeline.batch import Run
from codelode.report import FileCost, StageTime
from codelode.system.framing import receive, send, start
from codelode.types import Skip, SkipReason, SourceFile, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from codelode.pipeline.stages import StageClock

BATCHES_AHEAD = 6  # per worker: enough that none waits while the parent seals a segment


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What a worker has to know before its first batch.

    `costs` asks for what each file takes, `trace` for a profile at the end; `started` is when the
    worker was, by `time.monotonic`.
    """

    root: str
    model: str | None
    max_file_size: int
    memory_limit: int
    costs: bool = False
    trace: bool = False
    started: float = 0.0


class _Worker:
    def __init__(self, options: WorkerOptions) -> None:
        started = time.monotonic()
        self.process = start("codelode.pipeline.worker")
        self.peak_rss = 0
        self.cpu = 0.0
        send(self._input, {**asdict(options), "started": started})

    @property
    def _input(self) -> BinaryIO:
        assert self.process.stdin is not None
        return self.process.stdin  # type: ignore[return-value]

    def index(self, batch: Sequence[Task]) -> Run:
        assert self.process.stdout is not None
        try:
            send(self._input, [_pack(task) for task in batch])
            answer = receive(self.process.stdout)  # type: ignore[arg-type]
        except BrokenPipeError:
            answer = None
        if answer is None:
            raise IndexingError(
                f"an indexing worker died (exit status {self.process.wait()}) while working on"
                f" {batch[0].file.path!r} and the {len(batch) - 1} files after it"
            )
        head, data = answer
        if "error" in head:
            raise (MemoryCapError if head["memory"] else IndexingError)(head["error"])
        head["skips"] = [Skip(path, SkipReason(why), more) for path, why, more in head["skips"]]
        head["same"] = [SourceFile(*fields) for fields in head["same"]]
        head["stages"] = {name: StageTime(*spent) for name, spent in head["stages"].items()}
        head["costs"] = [FileCost(*fields) for fields in head["costs"]]
        run = Run(data=data, **head)
        self.peak_rss, self.cpu = run.peak_rss, run.cpu
        return run

    def end_input(self) -> None:
        self._input.close()

    def trace(self) -> str | None:
        """What the worker sends when its input has ended, if it was asked for a profile."""
        assert self.process.stdout is not None
        last = receive(self.process.stdout)  # type: ignore[arg-type]
        text: str | None = last[0]["trace"] if last else None
        return text

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def pack_file(file: SourceFile) -> list[object]:
    """A source file as JSON can say it."""
    return [file.path, file.size, file.mtime_ns, file.ctime_ns, file.inode, file.language]


def _pack(task: Task) -> list[object]:
    return [pack_file(task.file), task.content_hash.hex() if task.content_hash else None]


def unpack(fields: Sequence[Any]) -> Task:
    """The task that the parent sent."""
    file, content_hash = fields
    return Task(SourceFile(*file), bytes.fromhex(content_hash) if content_hash else None)


class WorkerPool:
    """`jobs` workers. Use as a context manager: leaving it early kills them.

    `clock` counts as "wait" how long the caller waits for runs. `run_wait` is how long finished
    runs waited for the caller, and `transfer_cpu` what it cost to talk to the workers, in seconds.
    """

    def __init__(self, jobs: int, options: WorkerOptions, clock: StageClock) -> None:
        self.jobs = jobs
        self.run_wait = self.transfer_cpu = 0.0
        self.traces: list[tuple[str, str]] = []
        self._clock = clock
        self._traced = options.trace
        self._workers = [_Worker(options) for _ in range(jobs)]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="lode-worker")

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._close()
        else:
            for worker in self._workers:
                worker.kill()
        self._threads.shutdown(cancel_futures=True)

    def _close(self) -> None:
        """End the workers and take their profiles, in `traces`: (name of the process, profile)."""
        for worker in self._workers:
            worker.end_input()
        for worker in self._workers:
            text = worker.trace() if self._traced else None
            if text is not None:
                self.traces.append((f"worker {worker.process.pid}", text))
            worker.process.wait()

    @property
    def peak_rss(self) -> int:
        """The sum of the workers' peaks of resident memory so far, in bytes."""
        return sum(worker.peak_rss for worker in self._workers)

    @property
    def cpu(self) -> float:
        """The sum of the workers' CPU seconds, up to the last run of each."""
        return sum(worker.cpu for worker in self._workers)

    def map(self, batches: Iterable[Sequence[Task]]) -> Iterator[Run]:
        """The run of each batch, in order; batches are drawn as they can be worked on."""
        pending: deque[Future[tuple[Run, float, float]]] = deque()
        for batch in batches:
            pending.append(self._threads.submit(self._index, batch))
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
        """A run, when it was there, and what this thread spent on it."""
        worker = self._idle.get()
        began = time.thread_time()
        try:
            run = worker.index(batch)
        finally:
            self._idle.put(worker)
        return run, time.perf_counter(), time.thread_time() - began


def available_cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1
