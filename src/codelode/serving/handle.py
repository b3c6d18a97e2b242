"""The parent's end of a worker that answers searches."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codelode.errors import CodelodeError
from codelode.system.processes import ChildProcess

if TYPE_CHECKING:
    from codelode.serving.messages import WorkerOptions
    from codelode.system.framing import Frame

WORKER = "codelode.serving.worker"


class WorkerHandle:
    """A worker that answers requests in the order in which threads ask them.

    Any number of threads may `ask`. The next request waits in the pipe while the worker answers
    the one before, so the worker never waits for its parent. Raises `CodelodeError` if the process
    cannot be started.
    """

    def __init__(self, options: WorkerOptions) -> None:
        self._sending = threading.Lock()
        self._last_ask = threading.Lock()
        """Held by the thread that asked last, until it has read its reply."""
        self._ended = False
        try:
            self._process = ChildProcess(WORKER, asdict(options))
        except OSError as error:
            raise CodelodeError(f"cannot start a search process: {error.strerror}") from None

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def ask(self, request: list[Any]) -> Frame | None:
        """Return the reply, or None if the worker has ended before it gave one."""
        this_ask = threading.Lock()
        with this_ask:
            try:
                with self._sending:
                    if self._ended:
                        return None
                    ask_before, self._last_ask = self._last_ask, this_ask
                    with suppress(BrokenPipeError):  # the worker has died: no reply will come
                        self._process.send(request)
                with ask_before:
                    return None if self._ended else self._process.receive()
            except BaseException:  # Ctrl-C: half a frame may have been sent or read
                self._ended = True
                raise

    def end(self, patience: float = 0.0) -> int:
        """Kill the worker if it does not end within `patience` seconds; return its exit status."""
        status = self._process.wait(patience)  # killing is safe: a worker has no data to lose
        with self._sending:
            self._ended = True
        with self._last_ask:  # free once no thread waits for a reply any more
            self._process.close()
        return status
