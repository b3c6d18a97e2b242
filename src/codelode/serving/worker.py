"""Our end of a process that answers questions."""

from __future__ import annotations

import subprocess
import threading
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codelode.errors import CodelodeError
from codelode.system.framing import receive, send, start

if TYPE_CHECKING:
    from codelode.serving.messages import WorkerOptions

_MODULE = "codelode.serving.process"


class Worker:
    """A process that answers questions in the order in which threads ask them.

    Any number of threads may `ask`: the next request lies in the pipe when the process has
    answered the one before, so that it never waits for us. Raises `CodelodeError` if the process
    cannot be started.
    """

    def __init__(self, options: WorkerOptions) -> None:
        self._sending = threading.Lock()
        self._last = threading.Lock()
        """Held by who asked last, until the reply is read."""
        self._ended = False
        try:
            self._process = start(_MODULE)
        except OSError as error:
            raise CodelodeError(f"cannot start a search process: {error.strerror}") from None
        with suppress(BrokenPipeError):  # `ask` will see it
            send(self._process.stdin, asdict(options))  # type: ignore[arg-type]

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def ask(self, request: list[Any]) -> tuple[dict[str, Any], bytes] | None:
        """The reply, or None if the process has ended before it gave one."""
        mine = threading.Lock()
        with mine:
            try:
                with self._sending:
                    if self._ended:
                        return None
                    before, self._last = self._last, mine
                    with suppress(BrokenPipeError):  # it is dead: there will be no reply
                        send(self._process.stdin, request)  # type: ignore[arg-type]
                with before:
                    return None if self._ended else receive(self._process.stdout)  # type: ignore[arg-type]
            except BaseException:  # Ctrl-C: half a frame may have been sent or read
                self._ended = True
                raise

    def end(self, patience: float = 0.0) -> int:
        """End it, unless it does so itself in so many seconds. Returns its exit status."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self._process.kill()  # it has nothing to lose
        status = self._process.wait()
        with self._sending:
            self._ended = True
        with self._last:  # all who asked have seen the end of it
            for stream in (self._process.stdin, self._process.stdout):
                with suppress(BrokenPipeError):  # what it was sent last
                    stream.close()  # type: ignore[union-attr]
        return status
