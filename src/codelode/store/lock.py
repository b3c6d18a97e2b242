"""One writer per index, by a lock that the operating system drops when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codelode.errors import LockedError
from codelode.store.manifest import LOCK
from codelode.system.files import writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_POLL_SECONDS = 0.05


@contextmanager
def write_lock(
    directory: Path, wait: float = 0.0, waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the write lock of an index; wait for up to `wait` seconds.

    `waiting` is called once, with the pid of the holder, before the wait begins.
    Raises `LockedError`, naming the holder.
    """
    with writing(directory):
        descriptor = _acquire(directory, wait, waiting)
    try:
        yield
    finally:
        os.close(descriptor)  # drops the lock


def _acquire(directory: Path, wait: float, waiting: Callable[[str], None] | None) -> int:
    deadline = time.monotonic() + wait
    while True:
        descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if _try_lock(descriptor) and _is_current(descriptor, directory):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                return descriptor
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if waiting is not None:
            waiting(holder)
            waiting = None
        if time.monotonic() >= deadline:
            raise LockedError(
                f"another process (pid {holder}) is indexing into {directory}; use --wait"
            )
        time.sleep(_POLL_SECONDS)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_current(descriptor: int, directory: Path) -> bool:
    """Whether the file we locked is the one there is: the folder may have been made anew."""
    try:
        return os.path.samestat(os.fstat(descriptor), (directory / LOCK).stat())
    except FileNotFoundError:
        return False
