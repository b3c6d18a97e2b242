"""Idle cores help with one query.

One thread per other core, started when first needed, for the whole process. The thread that asks
works too and takes what is next as they do: where nobody is idle it does everything itself, and
nobody ever waits for a core while there is work.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

_busy = 0
_busy_lock = threading.Lock()


def share_out(work: Callable[[T], None], items: Sequence[T], helped: bool = True) -> None:
    """Call `work` once for each item, in no particular order; returns when all are done.

    Raises what `work` raised first. With `helped`, on idle cores too.
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

    with _Busy() as others:
        helpers = _helpers(take, min(CORES - 1 - others, len(items) - 1) if helped else 0)
        try:
            take()
        finally:
            with taking:
                todo = iter(())  # nothing more is begun, and what was begun is waited for
            begun = [helper for helper in helpers if not helper.cancel()]
            errors = [helper.exception() for helper in begun]
        for error in errors:
            if error is not None:
                raise error


class _Busy:
    """Counts the threads that search, this one among them."""

    def __enter__(self) -> int:
        """How many others there are."""
        global _busy
        with _busy_lock:
            _busy += 1
            return _busy - 1

    def __exit__(self, *_: object) -> None:
        global _busy
        with _busy_lock:
            _busy -= 1


def _helpers(take: Callable[[], None], count: int) -> list[Future[None]]:
    return [_pool().submit(take) for _ in range(count)]


@cache
def _pool() -> ThreadPoolExecutor:
    # Not needed by a cold search of a small index, and slow to import.
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(max(1, CORES - 1), "codelode-search")
