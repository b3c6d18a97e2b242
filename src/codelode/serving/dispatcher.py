"""The choice of the process that answers a search: this one, or one of its workers."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codelode import metrics
from codelode.errors import CodelodeError
from codelode.serving.handle import WorkerHandle
from codelode.serving.messages import WorkerOptions, pack_request, unpack_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.reader import IndexReader
    from codelode.search.request import SearchRequest
    from codelode.system.framing import Frame
    from codelode.types import Answer

_TRIES = 2


class WorkerSlot:
    """A slot for a worker, which is started when it is needed, and again after it has died."""

    def __init__(self, options: WorkerOptions) -> None:
        self.handle: WorkerHandle | None = None
        self.load = 0
        """The number of its requests: the current one and those waiting in its pipe."""
        self._options = options
        self._changing = threading.Lock()

    def ask(self, request: list[Any]) -> Frame:
        """Return the worker's reply. Raises `CodelodeError` if two workers died before replying."""
        for _ in range(_TRIES):
            handle = self._started()
            try:
                reply = handle.ask(request)
            except BaseException:
                self.end(handle)
                raise
            if reply is not None:
                return reply
            status = self.end(handle, patience=1.0)
        raise CodelodeError(
            f"a search process died (exit status {status}) over the query {request[0]!r},"
            " and so did the one that tried again"
        )

    def end(self, handle: WorkerHandle, patience: float = 0.0) -> int:
        """End the worker of `handle`, not one that has replaced it; return its exit status.

        The worker is killed if it does not end within `patience` seconds.
        """
        with self._changing:
            if self.handle is handle:
                self.handle = None
        return handle.end(patience)

    def end_current(self) -> None:
        """End the current worker, if there is one."""
        if (handle := self.handle) is not None:
            self.end(handle)

    def _started(self) -> WorkerHandle:
        with self._changing:
            if self.handle is None:
                self.handle = WorkerHandle(self._options)
            return self.handle


class Dispatcher:
    """Divides the searches of an index between this process and up to `processes` workers."""

    def __init__(self, reader: IndexReader, processes: int) -> None:
        self._reader = reader
        self._options = WorkerOptions.of(reader, processes)
        self._closed = False
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._under_way = 0
        self._slots = [WorkerSlot(self._options) for _ in range(self._options.processes)]

    def answer(self, request: SearchRequest) -> Answer:
        """Answer in this process if no other search is under way, else in a worker.

        Raises what the reader raises, and `CodelodeError` if two workers died while answering.
        """
        began = time.perf_counter()
        with self._slot() as slot:
            if slot is None:
                return self._reader.answer(request)
            reply = slot.ask(pack_request(request))
        answer = unpack_answer(*reply)
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(request.mode, seconds)
        return replace(answer, seconds=seconds)

    def close(self) -> None:
        """End the workers; those at work end when they have answered."""
        if self._pid != os.getpid():
            return  # this is a fork: the workers belong to its parent
        with self._lock:
            self._closed = True
            idle = [slot for slot in self._slots if not slot.load]
        for slot in idle:
            slot.end_current()

    @contextmanager
    def _slot(self) -> Iterator[WorkerSlot | None]:
        """Choose the slot that a search goes to; None means that it stays in this process.

        While several searches are under way, all but the first go to workers: more searches here
        would keep this process from passing requests and answers on.
        """
        if self._pid != os.getpid():  # a fork: workers and their pipes belong to the parent
            self._reset()
        slot = None
        with self._lock:
            if self._under_way and not self._closed:
                # Prefer an idle worker to a new one, as few threads need few workers.
                slot = min(self._slots, key=lambda each: (each.load, each.handle is None))
                slot.load += 1
            self._under_way += 1
        try:
            yield slot
        finally:
            with self._lock:
                self._under_way -= 1
                if slot is not None:
                    slot.load -= 1
                ended = self._closed and slot is not None and not slot.load
            if ended and slot is not None:
                slot.end_current()
