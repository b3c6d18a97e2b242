"""Searches that threads ask for at once, answered by processes.

The threads of one process have one interpreter's lock between them. So a search that begins while
another is under way is handed to a process of its own (`python -m codelode.searchworker`), which
has the same index mapped and answers as we would. Who searches alone never starts one.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from operator import index as integer
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from codelode import errors, metrics
from codelode.errors import CodelodeError
from codelode.frames import receive, send, start
from codelode.types import Answer, Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from codelode.search.searcher import Mode

_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # idle threads wait by spinning
    # Scores of all chunks of a segment come and go with every query. The C library (glibc) would
    # give their pages back to the system each time, and have them cleared again for the next.
    "MALLOC_MMAP_THRESHOLD_": str(8 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 20),
}
_MODULE = "codelode.searchworker"
_TRIES = 2


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What a worker has to know before its first query: what its `Index` is made of."""

    root: str
    directory: str
    model: str | None
    index_dir: str | None
    processes: int

    @classmethod
    def of(
        cls,
        root: Path,
        directory: Path,
        model: str | None,
        index_dir: str | os.PathLike[str] | None,
        processes: int,
    ) -> WorkerOptions:
        """The same paths, whatever the working folder will be when a worker starts."""
        kept = str(Path(index_dir).expanduser().absolute()) if index_dir else None
        return cls(str(root), str(directory), model, kept, processes)


class Serving:
    """Up to `options.processes` workers, each started when first needed."""

    def __init__(self, options: WorkerOptions) -> None:
        self._options = options
        self._closed = False
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._under_way = 0
        # Those that nobody uses, the last used last; None is one that is not started yet.
        self._idle: list[_Worker | None] = [None] * self._options.processes
        self._waiting: deque[SimpleQueue[_Worker | None]] = deque()

    def answer(
        self,
        alone: Callable[[str, int, Mode, Sequence[str] | None, Sequence[str] | None, bool], Answer],
        query: str,
        limit: int,
        mode: Mode,
        languages: Sequence[str] | None,
        globs: Sequence[str] | None,
        explain: bool,
    ) -> Answer:
        """The answer of `alone` if no other search is under way, else that of a worker.

        Raises what `alone` would, and `CodelodeError` if a worker died over the query, twice.
        """
        with self._counted() as others:
            if not others:
                return alone(query, limit, mode, languages, globs, explain)
            began = time.perf_counter()
            lists = [None if names is None else list(names) for names in (languages, globs)]
            reply = self._ask([query, integer(limit), mode, *lists, bool(explain)])
            answer = _unpacked(reply)
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(mode, seconds)
        return replace(answer, seconds=seconds)

    def close(self) -> None:
        """End the workers; those at work end when they have answered."""
        if self._pid != os.getpid():
            return  # they are our parent's
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            if worker is not None:
                worker.end()

    @contextmanager
    def _counted(self) -> Iterator[bool]:
        """Count this search; whether there are others, and workers to answer it."""
        if self._pid != os.getpid():  # a fork: workers and their pipes belong to the parent
            self._reset()
        with self._lock:
            others = self._under_way > 0 and not self._closed
            self._under_way += 1
        try:
            yield others
        finally:
            with self._lock:
                self._under_way -= 1

    def _ask(self, request: list[Any]) -> dict[str, Any]:
        worker = self._take()
        try:
            for _ in range(_TRIES):
                worker = worker or _Worker(self._options)
                reply = worker.ask(request)
                if reply is not None:
                    return reply
                status, worker = worker.end(patience=1.0), None
        except BaseException:  # Ctrl-C: it may be in the middle of a frame
            if worker is not None:
                worker.end()
                worker = None
            raise
        finally:
            self._give_back(worker)
        raise CodelodeError(
            f"a search process died (exit status {status}) over the query {request[0]!r},"
            " and so did the one that tried again"
        )

    def _take(self) -> _Worker | None:
        """An idle worker, or None for one to be started. Who asks first is served first."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._closed:
                return None
            mine: SimpleQueue[_Worker | None] = SimpleQueue()
            self._waiting.append(mine)
        try:
            return mine.get()
        except BaseException:
            with self._lock:
                served = mine not in self._waiting
                if not served:
                    self._waiting.remove(mine)
            if served:
                self._give_back(mine.get())
            raise

    def _give_back(self, worker: _Worker | None) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().put(worker)
                return
            if not self._closed:
                # What is not started yet comes last: few threads need few workers.
                self._idle.insert(0 if worker is None else len(self._idle), worker)
                return
        if worker is not None:
            worker.end()


class _Worker:
    def __init__(self, options: WorkerOptions) -> None:
        try:
            self._process = start(_MODULE, _ENVIRONMENT)
        except OSError as error:
            raise CodelodeError(f"cannot start a search process: {error.strerror}") from None
        with suppress(BrokenPipeError):  # `ask` will see it
            send(self._process.stdin, asdict(options))  # type: ignore[arg-type]

    def ask(self, request: list[Any]) -> dict[str, Any] | None:
        """The worker's reply, or None if it died."""
        try:
            send(self._process.stdin, request)  # type: ignore[arg-type]
            frame = receive(self._process.stdout)  # type: ignore[arg-type]
        except BrokenPipeError:
            return None
        return frame[0] if frame else None

    def end(self, patience: float = 0.0) -> int:
        """End it, unless it does so itself in so many seconds. Returns its exit status."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self._process.kill()  # it has nothing to lose
        status = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):  # what it was sent last
                stream.close()  # type: ignore[union-attr]
        return status


def pack(answer: Answer) -> dict[str, Any]:
    """An answer as JSON can say it. Surrogates in paths are kept, floats are exact."""
    fields = {name: getattr(answer, name) for name in Answer.__dataclass_fields__}
    fields["hits"] = [[getattr(hit, name) for name in _HIT] for hit in answer.hits]
    return {"answer": fields}


def pack_error(error: CodelodeError | OSError) -> dict[str, Any]:
    """An error as JSON can say it."""
    if isinstance(error, OSError):
        return {"os": [error.errno, error.strerror, error.filename]}
    return {"error": type(error).__name__, "message": str(error)}


def _unpacked(reply: dict[str, Any]) -> Answer:
    if "error" in reply:
        raise getattr(errors, reply["error"])(reply["message"])
    if "os" in reply:
        raise OSError(*reply["os"])
    fields = reply["answer"]
    fields["hits"] = [Hit(*values) for values in fields["hits"]]
    return Answer(**fields)


_HIT = tuple(Hit.__dataclass_fields__)
