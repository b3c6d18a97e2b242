"""A file that is being read through a mapping must not be cut short: touching a page past its end
kills the process (SIGBUS).

Nothing of ours cuts a segment short, but a careless copy over an index may. So while a query reads,
it holds a read lease (Linux, `fcntl(2)`): whoever opens the file for writing or truncates it waits
until the query is done, and the next query finds the file too short before it touches it. Where
there are no leases (other systems, network file systems, files of other users), only the check
before each query is left.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import weakref
from contextlib import suppress

_SUPPORTED = sys.platform == "linux"
_PATIENCE_SECONDS = 0.05
"""For whoever is cutting the file short to have done so; then its size tells."""


class Lease:
    """A read lease on an open file, shared by the threads that read it at the same time."""

    def __init__(self, descriptor: int) -> None:
        """Takes over the descriptor."""
        self._descriptor = descriptor
        self._holders = 0
        self._patient = True
        self._lock = threading.Lock()
        weakref.finalize(self, os.close, descriptor).atexit = False

    def take(self) -> None:
        """Hold the lease if it can be had."""
        with self._lock:
            self._holders += 1
            if self._holders == 1 and _SUPPORTED:
                with suppress(OSError):
                    self._take()

    def _take(self) -> None:
        import fcntl  # Windows has none

        deadline = time.monotonic() + (_PATIENCE_SECONDS if self._patient else 0)
        while True:
            # The signal that tells of a waiting writer must be one that does nothing: by default
            # it is SIGIO, which kills. Giving a lease back resets it.
            fcntl.fcntl(self._descriptor, fcntl.F_SETSIG, signal.SIGURG)
            try:
                fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
                return
            except BlockingIOError:  # someone has it open for writing, or is about to cut it short
                if time.monotonic() >= deadline:
                    self._patient = False  # it stays open for writing: not our concern
                    return
                time.sleep(_PATIENCE_SECONDS / 50)

    def give_back(self) -> None:
        """Once for every `take`."""
        with self._lock:
            self._holders -= 1
            if self._holders == 0 and _SUPPORTED:
                import fcntl

                with suppress(OSError):
                    fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)

    def size(self) -> int:
        """How long the file is now, in bytes."""
        return os.fstat(self._descriptor).st_size
