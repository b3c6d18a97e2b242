"""Threads that search take turns.

Most of a search is Python and short numpy calls, which hold the interpreter's lock most of the time
but let go of it every few microseconds. Threads that all want it pass it around at every such
place, and wait for each other longer than they work: 8 threads answered half as many queries as
one. So one thread at a time does this part, start to end, and lets others have the turn only while
it does what needs no lock: the scan of the codes, or a wait.

FairLock are had in the order in which they were asked for, so nobody starves.
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
    """One thread at a time has the turn."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nobody has the turn and nobody waits: so it is in a child of a fork."""
        self._lock = threading.Lock()
        self._holder: int | None = None  # a thread's identity
        self._waiting: deque[tuple[int, threading.Lock]] = deque()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have the turn, after waiting for it."""
        try:
            self._take()
            yield
        finally:
            self._pass_on()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Let others have the turn for a while, if this thread has it."""
        mine = self._holder == threading.get_ident()
        if not mine:  # a helper, or a caller that takes no turns
            yield
            return
        self._pass_on()
        try:
            yield
        finally:
            self._take()

    def _take(self) -> None:
        me = threading.get_ident()
        with self._lock:
            if self._holder is None:
                self._holder = me
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append((me, called))
        called.acquire()

    def _pass_on(self) -> None:
        """Give the turn to the next, or to nobody; one who does not have it no longer waits."""
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
after_fork(SEARCH_LOCK.reset)  # its holder stays behind
