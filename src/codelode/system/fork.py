"""Children of a fork: they share the memory of their parent, but have none of its threads."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable


def after_fork(call: Callable[[], object]) -> None:
    """Register a function to call in every child right after a fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=call)


def fork() -> int:
    """Fork this process; return 0 in the child, and the child's process id in the parent."""
    return os.fork()


def has_ended(child: int) -> bool:
    """Return whether a child has ended, and release it if so. Do not wait."""
    return os.waitpid(child, os.WNOHANG)[0] != 0


def enlarge_pipe(writing: int, size: int) -> None:
    """Let a pipe hold `size` bytes before its writer waits, if the system allows that."""
    import fcntl

    with suppress(OSError, AttributeError):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, size)


class ForkLock:
    """A lock that is free in the child of a fork: a thread that holds it exists in the parent only.

    So it may only guard data that stay usable wherever that thread was interrupted.
    """

    def __init__(self) -> None:
        self.free()
        _locks.add(self)

    def free(self) -> None:
        """Forget who holds the lock."""
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_error: object) -> None:
        self._lock.release()


_locks: WeakSet[ForkLock] = WeakSet()


def _free_all() -> None:
    for lock in list(_locks):
        lock.free()


after_fork(_free_all)
