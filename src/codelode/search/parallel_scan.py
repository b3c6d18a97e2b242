"""Idle cores help with one query.

There is one helper thread per other core for the whole process, started when first needed. The
thread that searches takes items as the helpers do: if no core is idle, it does everything itself,
and it never waits for a core while there is work.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from codelode.search.fair_lock import SEARCH_LOCK
from codelode.system.cpu import available_cores
from codelode.system.fork import ForkLock, after_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")

CORES = available_cores()
"""The number of cores that this process may use."""

_searches = 0
_searches_lock = ForkLock()


def share_cores(processes: int) -> None:
    """Use only this process's share of the cores: `processes` processes search at the same time."""
    global CORES
    CORES = max(1, CORES // processes)


@contextmanager
def shared_out(work: Callable[[T], None], items: Sequence[T], *, helped: bool) -> Iterator[None]:
    """Call `work` once for each item, in no particular order, before the block ends.

    With `helped`, idle cores begin at once. The calling thread does the rest at the end of the
    block. Once no call is running, raises the error of the block, or else the first error of
    `work`.
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
        helpers = [_pool().submit(take) for _ in range(min(idle, len(items)) if helped else 0)]
        try:
            yield
            take()
        finally:
            with taking:
                todo = iter(())  # helpers begin nothing more; wait for those at work
            with SEARCH_LOCK.released() if helpers else nullcontext():
                errors = _errors(helpers)
        if errors:
            raise errors[0]


@contextmanager
def _idle_cores() -> Iterator[int]:
    """Count this search, and yield the number of cores that no search uses."""
    global _searches
    with _searches_lock:
        idle = CORES - 1 - _searches
        _searches += 1
    try:
        yield max(0, idle)
    finally:
        with _searches_lock:
            _searches -= 1


def _errors(helpers: list[Future[None]]) -> list[BaseException]:
    """Wait for the helpers that have begun, and for no other; return their errors."""
    begun = [helper for helper in helpers if not helper.cancel()]
    return [error for helper in begun if (error := helper.exception()) is not None]


@cache
def _pool() -> ThreadPoolExecutor:
    # Imported late: a cold search of a small index does not need it.
    from concurrent.futures import ThreadPoolExecutor

    after_fork(_pool.cache_clear)  # threads exist in the parent only
    return ThreadPoolExecutor(max(1, CORES - 1), "codelode-search")
