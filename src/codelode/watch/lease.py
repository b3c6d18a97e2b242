"""The election of one watcher per index: a lock that a dead process cannot hold."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from codelode.system.locks import is_held, is_locked_at, release, try_lock

if TYPE_CHECKING:
    from pathlib import Path

LEASE = "watch.lock"


class Lease:
    """The right to be the watcher of an index. A process keeps it until death or `release`."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LEASE
        self._descriptor: int | None = None
        self.holder = ""
        """The pid of the process that held the lease at the last attempt, if any."""

    def acquire(self) -> bool:
        """Take the lease if nobody has it; return whether this succeeded. Raises `OSError`."""
        self._descriptor, self.holder = try_lock(self._path)
        return self._descriptor is not None

    def is_valid(self) -> bool:
        """Return whether this process holds the lease.

        It does not if the file of the lease is gone with the index.
        """
        return self._descriptor is not None and is_locked_at(self._descriptor, self._path)

    def release(self) -> None:
        """Give the lease up."""
        if self._descriptor is not None:
            with suppress(OSError):
                release(self._descriptor)
            self._descriptor = None


def is_watched(directory: Path) -> bool:
    """Return whether a process holds the lease of an index."""
    return is_held(directory / LEASE)
