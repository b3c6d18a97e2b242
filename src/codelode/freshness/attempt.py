"""Work that its caller waits for only until a deadline, whatever delays the work.

Work that waits for a hanging disk, or that a slow file holds up, cannot be interrupted, so it has
a thread of its own.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LAST_SECONDS = 1.0
"""Seconds that the end of the program waits for work to notice that it was abandoned."""


class Abandoned(Exception):  # noqa: N818 (the work ends, nothing has failed)
    """The exception that ends work that was abandoned."""


class Attempt(Generic[T]):
    """Work that has begun in a thread."""

    def __init__(self, work: Callable[[Attempt[T]], T]) -> None:
        self.began = time.monotonic()
        self.so_far: T | None = None
        """What the work has found so far, for a caller that stops waiting."""
        self._abandoned = False
        self._work = work
        self._result: T | None = None
        self._error: BaseException | None = None
        self._done = threading.Event()
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="lode-freshness", daemon=True)
        _running.add(self)
        self._thread.start()

    @property
    def is_under_way(self) -> bool:
        """Whether the work is still going on; always false in the child of a fork."""
        return not self._done.is_set() and self._pid == os.getpid()

    def wait(self, deadline: float) -> bool:
        """Wait for the work until the deadline; return whether it is done.

        `deadline` is a time by `time.monotonic`.
        """
        return self._done.wait(max(deadline - time.monotonic(), 0.0))

    def result(self) -> T:
        """Return the result of the finished work, or raise its exception."""
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result

    def abandon(self) -> None:
        """Ask the work to end; it does so at its next `check`."""
        self._abandoned = True

    def check(self) -> None:
        """Raise `Abandoned` if the work was abandoned."""
        if self._abandoned:
            raise Abandoned

    def join(self, seconds: float) -> None:
        """Wait up to `seconds` for the thread to end."""
        if self._pid == os.getpid():
            with suppress(RuntimeError):  # Ctrl-C came before the thread had started
                self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self._result = self._work(self)
        except BaseException as error:
            self._error = error
        self._done.set()
        _running.discard(self)


_running: WeakSet[Attempt[Any]] = WeakSet()


def any_under_way() -> bool:
    """Return whether work is under way in this process; a fork would inherit the work's locks."""
    return any(attempt.is_under_way for attempt in list(_running))


def _end_all() -> None:
    """Abandon all work and wait for the threads to end.

    Otherwise, Python would stop them at exit, perhaps in the middle of native code. Work that has
    found something gets half of `LAST_SECONDS` to finish: an update that is a little late is not
    lost.
    """
    began = time.monotonic()
    deadline = began + LAST_SECONDS
    attempts = list(_running)
    for attempt in attempts:
        if attempt.so_far is not None:
            attempt.join(max(began + LAST_SECONDS / 2 - time.monotonic(), 0.0))
    for attempt in attempts:
        attempt.abandon()
    for attempt in attempts:
        attempt.join(max(deadline - time.monotonic(), 0.0))


atexit.register(_end_all)
