"""`Watcher`: keeps an index up to date while its tree changes."""

from __future__ import annotations

import atexit
import concurrent.futures.thread  # noqa: F401 (it cannot be imported once Python is ending)
import os
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self
from weakref import WeakSet

from codelode.freshness.attempt import any_under_way
from codelode.system.wakeup import Wakeup
from codelode.types import WatchState
from codelode.watch.inquiries import Inquiries
from codelode.watch.leader import Leader, Listener
from codelode.watch.lease import Lease
from codelode.watch.state import read_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from codelode.reader import IndexReader

STANDBY = 1.0
"""Seconds between attempts to take over from another watcher."""

LAST_SECONDS = 1.0
"""Seconds that the end of the program waits for the updates of watchers that were not closed."""


class Watcher:
    """Watches the tree of an index from a thread, until it is closed or the program ends.

    One watcher per index is elected; others stand by, and one of them takes over when the
    elected one ends. `Index.watch` makes a watcher.
    """

    def __init__(
        self, reader: IndexReader, limit: int | None = None, listener: Listener | None = None
    ) -> None:
        """Begin to watch.

        `limit` is the largest number of folders to watch. `listener` is called from the thread
        with the generation of every commit, and its `UpdateReport` or None (see `Listener`).
        """
        self._reader = reader.home()
        self._limit = limit
        self._listener = listener or (lambda generation, report: None)
        self._lease = Lease(self._reader.directory)
        self._wakeup = Wakeup()
        self._leader: Leader | None = None
        self._inquiries: Inquiries | None = None
        self._ended = threading.Event()
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="lode-watch", daemon=True)
        _running.add(self)
        self._thread.start()

    @property
    def directory(self) -> Path:
        """The folder of the index."""
        return self._reader.directory

    @property
    def leads(self) -> bool:
        """Whether this watcher is the elected one."""
        return self._leader is not None

    @property
    def state(self) -> WatchState | None:
        """The state of the elected watcher, in this or another process; None if there is none."""
        leader = self._leader
        return read_state(self._reader.directory) if leader is None else leader.state

    def changes(self) -> set[str] | None:
        """Return the paths that may differ from the index; None if this watcher does not know.

        They include everything that was changed before the call.
        """
        leader = self._leader
        if leader is None or self._pid != os.getpid():  # a fork shares the queue of its parent
            return None
        return leader.changes()

    @contextmanager
    def at_rest(self, seconds: float) -> Iterator[bool]:
        """Pause this watcher during the block; yield False if it is still working after `seconds`.

        The block may fork the process if it got True: the threads of the watcher then hold no
        lock, not even an import lock, so no lock stays locked in the child.
        """
        leader, inquiries = self._leader, self._inquiries
        if leader is None or inquiries is None:
            yield True
            return
        deadline = time.monotonic() + seconds
        with ExitStack() as stack:
            for lock in (leader.working, inquiries.working):
                if not lock.acquire(timeout=max(deadline - time.monotonic(), 0.0)):
                    break
                stack.callback(lock.release)
            else:
                yield not any_under_way()
                return
        yield False

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until watching ends, for at most `seconds`; return whether it has ended."""
        # Not by `join`: Ctrl-C in it makes Python 3.11 believe that the thread has ended.
        return self._ended.wait(seconds)

    def close(self) -> None:
        """End watching, after the update that is under way."""
        if self._pid == os.getpid() and self._thread.is_alive():
            self._wakeup.stop()
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while not self._wakeup.stopped:
                if self._elected():
                    self._lead()
                else:
                    self._wakeup.wait(STANDBY)
            self._wakeup.close()
        finally:
            self._ended.set()
            _running.discard(self)

    def _elected(self) -> bool:
        try:
            self._reader.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            return self._lease.acquire()
        except OSError:  # a full disk, a folder that cannot be written to
            return False

    def _lead(self) -> None:
        leader = Leader(self._reader, self._wakeup, self._limit, self._listener)
        self._leader = leader
        self._inquiries = inquiries = Inquiries(self._reader, self)
        try:
            leader.run(self._lease.is_valid)
        finally:
            self._leader = self._inquiries = None
            inquiries.close()
            leader.close()
            self._lease.release()


_running: WeakSet[Watcher] = WeakSet()


def _end_all() -> None:
    """End the watchers that nobody closed, and wait for their threads.

    Otherwise, Python would stop them at exit, perhaps in the middle of native code. An update that
    takes longer than `LAST_SECONDS` is cut off: the next one does its work.
    """
    deadline = time.monotonic() + LAST_SECONDS
    watchers = [each for each in _running if each._pid == os.getpid()]
    for watcher in watchers:
        watcher._wakeup.stop()
    for watcher in watchers:
        watcher.wait(max(deadline - time.monotonic(), 0.0))


atexit.register(_end_all)
