"""Leases that keep a mapped file from being truncated while it is read.

Touching a page past the end of a mapped file kills the process (SIGBUS). codelode never truncates a
segment, but a careless copy over an index may. So a query holds a read lease while it reads (Linux,
`fcntl(2)`): a program that opens the file for writing, or truncates it, waits until the query is
done. The next query checks the length of the file before it touches the file. Where there are no
leases (other systems, network file systems, files of other users), only that check is left.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import weakref
from contextlib import suppress

from codelode.system.fork import ForkLock

_SUPPORTED = sys.platform == "linux"
_PATIENCE_SECONDS = 0.05
"""Time for a program that is truncating the file to finish; then the size tells."""


class Lease:
    """A read lease on an open file, shared by the threads that read it at the same time."""

    def __init__(self, descriptor: int) -> None:
        """Own the descriptor, which is closed with this object."""
        self._descriptor = descriptor
        self._holders = 0
        self._patient = True
        self._lock = ForkLock()
        weakref.finalize(self, os.close, descriptor).atexit = False

    def take(self) -> None:
        """Hold the lease, if the system grants it."""
        with self._lock:
            self._holders += 1
            if self._holders == 1 and _SUPPORTED:
                with suppress(OSError):
                    self._take()

    def _take(self) -> None:
        import fcntl  # Windows has no such module

        deadline = time.monotonic() + (_PATIENCE_SECONDS if self._patient else 0)
        while True:
            # The signal that announces a waiting writer must be one that does nothing: the default
            # is SIGIO, which kills. It is set each time, since giving a lease back resets it.
            fcntl.fcntl(self._descriptor, fcntl.F_SETSIG, signal.SIGURG)
            try:
                fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
                return
            except BlockingIOError:  # a program has the file open, to write or to truncate it
                if time.monotonic() >= deadline:
                    self._patient = False  # the file stays open for writing: do not wait again
                    return
                time.sleep(_PATIENCE_SECONDS / 50)

    def give_back(self) -> None:
        """End the hold that one call of `take` began; after the last hold, give the lease back."""
        with self._lock:
            self._holders -= 1
            if self._holders == 0 and _SUPPORTED:
                import fcntl

                with suppress(OSError):
                    fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)

    def size(self) -> int:
        """Return the current length of the file, in bytes."""
        return os.fstat(self._descriptor).st_size
