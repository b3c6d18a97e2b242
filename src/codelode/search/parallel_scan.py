"""Idle cores help with one query.

For the whole process, there is up to one helper thread per other core, started when first needed.
The thread that searches takes items as the helpers do: if no core is idle, it does everything
itself, and it never waits for a core while there is work.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from codelode.search.fair_lock import SEARCH_LOCK
from codelode.system.cpu import available_cores
from codelode.system.fork import ForkLock, after_fork

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

CORES = available_cores()
"""The number of cores that this process may use."""

_searches = 0
_searches_lock = ForkLock()
_of_thread = threading.local()
"""`counted` is True while the search of a thread is among `_searches`."""


def share_cores(processes: int) -> None:
    """Use only this process's share of the cores: `processes` processes search at the same time."""
    global CORES
    CORES = max(1, CORES // processes)


@contextmanager
def shared_out(work: Callable[[T], None], items: Sequence[T], *, helpers: int) -> Iterator[None]:
    """Call `work` once for each item, in no particular order, before the block ends.

    Up to `helpers` idle cores begin at once. The calling thread does the rest at the end of the
    block; after an error in the block, no further call begins. Once no call is running, raises the
    error of the block, or else the first error of `work`.
    """
    todo: Iterator[T] = iter(items)
    taking = threading.Lock()

    def take() -> None:
        while True:
            with taking:
                item = next(todo, None)
            if item is None:
                return
            work(item)

    with _idle_cores() as idle:
        asked = _HELPERS.ask(take, min(idle, helpers, len(items)))
        try:
            yield
            take()
        finally:
            with taking:
                todo = iter(())  # helpers begin nothing more; wait for those at work
            with SEARCH_LOCK.released() if asked else nullcontext():
                errors = [error for each in asked if (error := each.end()) is not None]
        if errors:
            raise errors[0]


@contextmanager
def _idle_cores() -> Iterator[int]:
    """Count this search, and yield the number of cores that no search uses.

    Such blocks may be nested; helpers of the outer block may be free again before it ends.
    """
    global _searches
    if getattr(_of_thread, "counted", False):
        yield max(0, CORES - _searches)
        return
    _of_thread.counted = True
    with _searches_lock:
        idle = CORES - 1 - _searches
        _searches += 1
    try:
        yield max(0, idle)
    finally:
        _of_thread.counted = False
        with _searches_lock:
            _searches -= 1


class _Help:
    """A call that a helper makes, unless it is withdrawn before."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self._taken = threading.Lock()  # taken to begin or withdraw the call; never released
        self._running = threading.Lock()
        self._error: BaseException | None = None

    def give(self) -> None:
        """Make the call, and keep its error."""
        with self._running:
            if self._taken.acquire(blocking=False):
                try:
                    self._call()
                except BaseException as error:
                    self._error = error

    def end(self) -> BaseException | None:
        """Withdraw the call if it has not begun, else wait for its end; return the call's error."""
        if self._taken.acquire(blocking=False):
            return None
        with self._running:
            return self._error


class _Helpers:
    """Threads that make calls.

    Unlike `concurrent.futures`, they need only modules that a cold search imports anyway.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all threads: in a child of a fork none of them exists."""
        self._threads = 0
        self._calls: SimpleQueue[_Help] = SimpleQueue()

    def ask(self, call: Callable[[], object], times: int) -> list[_Help]:
        """Let up to `times` helpers make a call."""
        asked = [_Help(call) for _ in range(times)]
        for each in asked:
            self._calls.put(each)
        while self._threads < times:
            self._threads += 1
            threading.Thread(
                target=self._serve, args=(self._calls,), name="codelode-search", daemon=True
            ).start()
        return asked

    @staticmethod
    def _serve(calls: SimpleQueue[_Help]) -> None:
        while True:
            calls.get().give()


_HELPERS = _Helpers()
after_fork(_HELPERS.reset)
