"""Idle cores help with one query.

One thread per other core, started when first needed, for the whole process. The thread that asks
takes what is left as they do: where no core is idle it does everything itself, and nobody waits
for a core while there is work.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from codelode.search.fair_lock import SEARCH_LOCK
from codelode.system.cpu import available_cores
from codelode.system.fork import after_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")

CORES = available_cores()

_sharing = 0
_sharing_lock = threading.Lock()


def share_cores(processes: int) -> None:
    """Leave the cores to so many processes that search at the same time, of which we are one."""
    global CORES
    CORES = max(1, CORES // processes)


@contextmanager
def shared_out(work: Callable[[T], None], items: Sequence[T], *, helped: bool) -> Iterator[None]:
    """Call `work` once for each item, in no particular order: done at the end of the block.

    With `helped`, idle cores begin at once. What is left at the end of the block is done there.
    Raises what the block raised, or what `work` raised first; nothing is running any more then.
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
                todo = iter(())  # nothing more is begun, and what was begun is waited for
            with SEARCH_LOCK.lent() if helpers else nullcontext():
                errors = _errors(helpers)
        if errors:
            raise errors[0]


@contextmanager
def _idle_cores() -> Iterator[int]:
    """How many cores no query uses, while this one does."""
    global _sharing
    with _sharing_lock:
        idle = CORES - 1 - _sharing
        _sharing += 1
    try:
        yield max(0, idle)
    finally:
        with _sharing_lock:
            _sharing -= 1


def _errors(helpers: list[Future[None]]) -> list[BaseException]:
    """Wait for the helpers that have begun, and for no other."""
    begun = [helper for helper in helpers if not helper.cancel()]
    return [error for helper in begun if (error := helper.exception()) is not None]


@cache
def _pool() -> ThreadPoolExecutor:
    # A cold search of a small index has no need of it.
    from concurrent.futures import ThreadPoolExecutor

    after_fork(_pool.cache_clear)  # threads stay behind
    return ThreadPoolExecutor(max(1, CORES - 1), "codelode-search")
