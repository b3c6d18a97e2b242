"""One writer per index, by a lock that the operating system drops when its holder dies."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codelode.errors import LockedError
from codelode.store.storage import LOCK
from codelode.system.files import writing
from codelode.system.locks import release, try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 1.0
"""Seconds that every deliberate update waits: an update before a search takes less."""

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
        release(descriptor)


def _acquire(directory: Path, wait: float, waiting: Callable[[str], None] | None) -> int:
    deadline = time.monotonic() + wait
    while True:
        descriptor, holder = try_lock(directory / LOCK)
        if descriptor is not None:
            return descriptor
        if waiting is not None:
            waiting(holder)
            waiting = None
        if time.monotonic() >= deadline:
            raise LockedError(
                f"another process (pid {holder}) is indexing into {directory}; use --wait"
            )
        time.sleep(_POLL_SECONDS)
