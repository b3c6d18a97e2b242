"""Where questions are answered: in this process, or by one of its workers."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codelode import metrics
from codelode.errors import CodelodeError
from codelode.serving.messages import unpack
from codelode.serving.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codelode.search.request import SearchRequest
    from codelode.serving.messages import WorkerOptions
    from codelode.types import Answer

_TRIES = 2


class WorkerSlot:
    """A worker that is started when it is first needed, and again after it has died."""

    def __init__(self, options: WorkerOptions) -> None:
        self.worker: Worker | None = None
        self.load = 0
        """How many questions it has: the one that it answers, and those that lie in its pipe."""
        self._options = options
        self._changing = threading.Lock()

    def ask(self, request: list[Any]) -> tuple[dict[str, Any], bytes]:
        """The worker's reply. Raises `CodelodeError` if it died over the request, twice."""
        for _ in range(_TRIES):
            worker = self._started()
            try:
                reply = worker.ask(request)
            except BaseException:
                self.end(worker)
                raise
            if reply is not None:
                return reply
            status = self.end(worker, patience=1.0)
        raise CodelodeError(
            f"a search process died (exit status {status}) over the query {request[0]!r},"
            " and so did the one that tried again"
        )

    def end(self, worker: Worker, patience: float = 0.0) -> int:
        """End this worker; another one, started by another thread since, may go on."""
        with self._changing:
            if self.worker is worker:
                self.worker = None
        return worker.end(patience)

    def _started(self) -> Worker:
        with self._changing:
            if self.worker is None:
                self.worker = Worker(self._options)
            return self.worker


class Dispatcher:
    """This process, and up to `options.processes` workers."""

    def __init__(self, options: WorkerOptions) -> None:
        self._options = options
        self._closed = False
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._under_way = 0
        self._places = [WorkerSlot(self._options) for _ in range(self._options.processes)]

    def answer(
        self, here: Callable[[SearchRequest, float], Answer], request: SearchRequest, began: float
    ) -> Answer:
        """The answer of `here` if no other search is under way, else that of a worker.

        Raises what `here` would, and `CodelodeError` if a worker died over the request, twice.
        """
        with self._place() as place:
            if place is None:
                return here(request, began)
            reply = place.ask(request.plain())
        answer = unpack(*reply)
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(request.mode, seconds)
        return replace(answer, seconds=seconds)

    def close(self) -> None:
        """End the workers; those at work end when they have answered."""
        if self._pid != os.getpid():
            return  # they are our parent's
        with self._lock:
            self._closed = True
            idle = [place for place in self._places if not place.load]
        for place in idle:
            _end(place)

    @contextmanager
    def _place(self) -> Iterator[WorkerSlot | None]:
        """Where a search goes; None is here.

        Once two are under way all go to workers: what this process does for itself would keep it
        from passing questions and answers on.
        """
        if self._pid != os.getpid():  # a fork: workers and their pipes belong to the parent
            self._reset()
        place = None
        with self._lock:
            if self._under_way and not self._closed:
                # An idle one, started if there is one: few threads need few workers.
                place = min(self._places, key=lambda each: (each.load, each.worker is None))
                place.load += 1
            self._under_way += 1
        try:
            yield place
        finally:
            with self._lock:
                self._under_way -= 1
                if place is not None:
                    place.load -= 1
                ended = self._closed and place is not None and not place.load
            if ended and place is not None:
                _end(place)


def _end(place: WorkerSlot) -> None:
    if (worker := place.worker) is not None:
        place.end(worker)
