"""A lock that threads get in the order in which they asked for it.

Most of a search is Python and short numpy calls, which hold the interpreter's lock most of the time
but release it every few microseconds. Threads that all want it pass it on at each release, and wait
for each other longer than they work: 8 threads answered half as many queries as one. So one thread
at a time holds this lock and runs its search from start to end. It releases this lock only during
calls that do not need the interpreter: the scan of the codes, or a wait.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codelode.system.fork import after_fork

if TYPE_CHECKING:
    from collections.abc import Iterator


class FairLock:
    """A first-come, first-served lock whose holder can release it for a while."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the holder and all waiting threads: in a child of a fork none of them exists."""
        self._lock = threading.Lock()
        self._holder: int | None = None  # a thread's identity
        self._waiting: deque[tuple[int, threading.Lock]] = deque()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock, and hold it until the `with` block ends."""
        try:
            self._acquire()
            yield
        finally:
            self._release()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Release the lock in the context, if this thread holds it; take it again afterwards."""
        mine = self._holder == threading.get_ident()
        if not mine:  # a helper thread, or a caller that never took the lock
            yield
            return
        self._release()
        try:
            yield
        finally:
            self._acquire()

    def _acquire(self) -> None:
        me = threading.get_ident()
        with self._lock:
            if self._holder is None:
                self._holder = me
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append((me, called))
        called.acquire()

    def _release(self) -> None:
        """Pass the lock to the first waiting thread; or leave the queue if this thread waits."""
        me = threading.get_ident()
        with self._lock:
            if self._holder != me:  # an exception (Ctrl-C) has ended the wait
                self._waiting = deque(each for each in self._waiting if each[0] != me)
            elif self._waiting:
                self._holder, called = self._waiting.popleft()
                called.release()
            else:
                self._holder = None


SEARCH_LOCK = FairLock()
after_fork(SEARCH_LOCK.reset)  # the holder exists in the parent only
