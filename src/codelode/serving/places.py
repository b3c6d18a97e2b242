"""Where questions are answered: in this process, or by a worker."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from codelode import metrics
from codelode.errors import CodelodeError
from codelode.serving.messages import unpack
from codelode.serving.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from codelode.search.question import Question
    from codelode.serving.messages import WorkerOptions
    from codelode.types import Answer

_AT_ONCE = 2
"""Questions that a worker has: one that it answers, and one that it finds when it has done so."""

_TRIES = 2


class Place:
    """A place that answers so many questions at once."""

    def __init__(self, capacity: int) -> None:
        self.capacity = self.free = capacity

    def preference(self) -> tuple[bool, ...]:
        """The place with the highest is taken."""
        return (True,)  # here, where nothing has to be passed on


class WorkerPlace(Place):
    """A worker that is started when it is first needed, and again after it has died."""

    def __init__(self, options: WorkerOptions) -> None:
        super().__init__(_AT_ONCE)
        self.worker: Worker | None = None
        self._options = options
        self._changing = threading.Lock()

    def preference(self) -> tuple[bool, ...]:
        """An idle one, started already: few threads need few workers."""
        return False, self.free == self.capacity, self.worker is not None

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

    def _started(self) -> Worker:
        with self._changing:
            if self.worker is None:
                self.worker = Worker(self._options)
            return self.worker

    def end(self, worker: Worker | None, patience: float = 0.0) -> int | None:
        """End this worker; another one, started by another thread since, may go on."""
        if worker is None:
            return None
        with self._changing:
            if self.worker is worker:
                self.worker = None
        return worker.end(patience)


class Serving:
    """This process, and up to `options.processes` workers."""

    def __init__(self, options: WorkerOptions) -> None:
        self._options = options
        self._closed = False
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._here = Place(1)
        self._workers = [WorkerPlace(self._options) for _ in range(self._options.processes)]
        self._waiting: deque[SimpleQueue[Place]] = deque()

    def answer(
        self, here: Callable[[Question, float], Answer], question: Question, began: float
    ) -> Answer:
        """The answer of `here`, or of a worker while this process answers another question.

        Raises what `here` would, and `CodelodeError` if a worker died over the question, twice.
        """
        place = self._take()
        try:
            if not isinstance(place, WorkerPlace):
                return here(question, began)
            reply = place.ask(question.plain())
        finally:
            self._give_back(place)
        answer = unpack(*reply)
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(question.mode, seconds)
        return replace(answer, seconds=seconds)

    def close(self) -> None:
        """End the workers; those at work end when they have answered."""
        if self._pid != os.getpid():
            return  # they are our parent's
        with self._lock:
            self._closed = True
            idle = [place for place in self._workers if place.free == place.capacity]
        for place in idle:
            place.end(place.worker)

    def _take(self) -> Place:
        """A place that is free, now or later. Who asks first is served first."""
        if self._pid != os.getpid():  # a fork: workers and their pipes belong to the parent
            self._reset()
        with self._lock:
            if self._closed:
                return Place(1)  # here, and any number of them
            free = [place for place in (self._here, *self._workers) if place.free]
            if free:
                place = max(free, key=lambda place: place.preference())
                place.free -= 1
                return place
            mine: SimpleQueue[Place] = SimpleQueue()
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

    def _give_back(self, place: Place) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().put(place)
                return
            place.free += 1
            ended = self._closed and place.free == place.capacity
        if ended and isinstance(place, WorkerPlace):
            place.end(place.worker)
