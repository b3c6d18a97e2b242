"""The elected watcher: keeps an index up to date while its tree changes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.errors import CodelodeError, UsageError
from codelode.freshness.refresh import Refresher
from codelode.pipeline.options import UpdateOptions
from codelode.system.clock import suspended_seconds
from codelode.system.mounts import remote_mount
from codelode.types import WatchState
from codelode.watch.state import write_state
from codelode.watch.tree import CannotWatch, Changes, TreeWatch
from codelode.writer import IndexWriter, Looked

if TYPE_CHECKING:
    from codelode.reader import IndexReader
    from codelode.report import UpdateReport
    from codelode.system.wakeup import Wakeup

Listener = Callable[[int, "UpdateReport | None"], None]
"""Called with the generation of each commit, and the report if the paths were known."""

TICK = 2.0
"""Seconds between looks at the root and the lease while nothing happens."""

QUIET, BURST_QUIET = 0.05, 0.3
LONGEST_WAIT, LONGEST_BURST, LONGEST_CHECKOUT = 0.4, 5.0, 30.0
BURST_PATHS = 256
"""An update waits until nothing has changed for `QUIET` seconds, but not longer than
`LONGEST_WAIT`; longer if many paths have changed, and while git holds its lock."""

RESCAN = 600.0
"""Seconds between looks at the whole tree, for changes that no system reports: those through
mapped memory, and those of git's settings outside of the tree."""

SCAN_LEAST, SCAN_MOST, SCAN_GROWTH = 2.0, 60.0, 1.5
SCAN_SHARE = 20.0
"""Scans are at least this many times their duration apart."""

LOCK_SECONDS = 60.0
"""Seconds that an update waits for another process that is indexing, before the next attempt."""

SUSPENDED = 1.0
"""The whole tree is compared if the machine was suspended for longer than this, in seconds."""

RETRY = 300.0
"""Seconds until a tree that could not be watched is tried again."""


class Leader:
    """Follows the changes of one tree.

    Runs in one thread; other threads may ask for `changes`.
    """

    def __init__(
        self, reader: IndexReader, wakeup: Wakeup, limit: int | None, listener: Listener
    ) -> None:
        """Take the limit of watched folders (None: the system's) and a listener for each commit."""
        self._reader = reader
        self._wakeup = wakeup
        self._limit = limit
        self._listener = listener
        self._refresher = Refresher(reader)
        self.working = threading.RLock()
        """Held by the leader except while it waits. Whoever else holds it keeps it waiting."""
        self._lock = threading.Lock()
        self._tree: TreeWatch | None = None
        self._under_way = Changes()  # the changes that the current update handles
        self._in_step = False  # whether the index has all changes except the collected ones
        self._generation = -1
        self._compared = 0.0  # when the whole tree was compared last
        self._suspended = suspended_seconds()  # at the last comparison of the whole tree
        self._tried = -RETRY  # when watching the tree failed last
        self._delay = SCAN_LEAST
        self.state = WatchState(pid=os.getpid(), mode="starting", since=time.time())

    def changes(self) -> set[str] | None:
        """Return the paths that may differ from the index; None if that is not known.

        They include everything that was changed before the call.
        """
        with self._lock:
            tree = self._tree
            if tree is None or not self._in_step:
                return None
            if self._was_suspended():
                self._wakeup.wake()
                return None
            changes = Changes()
            changes.add(self._under_way)
            changes.add(tree.drain())
            if tree.gone:
                return None
        if changes:
            self._wakeup.wake()
        return changes.paths()

    def run(self, is_valid: Callable[[], bool]) -> None:
        """Follow the tree until the `Wakeup` is stopped, or until `is_valid` returns False."""
        while is_valid() and not self._wakeup.stopped:
            try:
                with self.working:
                    begun = self._tree is not None or self._begin()
                if begun:
                    self._follow()
                else:
                    self._scan()
            except CodelodeError as error:
                self._failed(error)

    def close(self) -> None:
        """End all watches."""
        with self._lock:
            tree, self._tree, self._in_step = self._tree, None, False
        if tree is not None:
            tree.close()

    def _begin(self) -> bool:
        """Watch the tree and bring the index up to date; return False if it cannot be watched."""
        if time.monotonic() - self._tried < RETRY:
            return False
        reader = self._reader
        try:
            if (kind := remote_mount(reader.root)) is not None:
                raise CannotWatch(f"other machines may change this file system ({kind})")
            manifest = reader.manifest()
            walk = IndexWriter(reader).walk_options(manifest.options if manifest else {})
            self._tree = TreeWatch(reader.root, walk, self._limit)
            self._tree.renew([""])
        except CannotWatch as problem:
            self._cannot_watch(problem)
            return False
        self._compare()
        return True

    def _cannot_watch(self, problem: CannotWatch) -> None:
        self.close()
        self._tried = time.monotonic()
        self._say(replace(self.state, mode="scanning", reason=str(problem), folders=0))

    def _follow(self) -> None:
        """Wait for changes, and update the index with them."""
        tree = self._tree
        assert tree is not None
        if not tree.drain():
            self._wakeup.wait(TICK, tree.descriptor)
        if not tree.is_current():
            self.close()
        elif tree.drain():
            self._wait_for_quiet(tree)
            with self.working:
                try:
                    self._apply(tree)
                except CannotWatch as problem:
                    self._cannot_watch(problem)
        elif time.monotonic() - self._compared > RESCAN or self._was_suspended():
            self._compare()

    def _was_suspended(self) -> bool:
        """Return whether the machine was suspended since the whole tree was compared last.

        In the meantime, another system may have changed the disk, which nothing reports.
        """
        return suspended_seconds() - self._suspended > SUSPENDED

    def _wait_for_quiet(self, tree: TreeWatch) -> None:
        """Wait until changes pause."""
        began = time.monotonic()
        while not self._wakeup.stopped:
            seen = tree.drain()
            many = len(seen.files) + len(seen.folders) > BURST_PATHS or tree.git_at_work
            more = self._wakeup.wait(BURST_QUIET if many else QUIET, tree.descriptor)
            longest = LONGEST_BURST if many else LONGEST_WAIT
            if time.monotonic() - began > (LONGEST_CHECKOUT if tree.git_at_work else longest):
                return
            if not more and not tree.git_at_work:
                return

    def _apply(self, tree: TreeWatch) -> None:
        """Update the index with the changes so far."""
        began = time.time_ns()
        with self._lock:
            taken = tree.drain()
            tree.changes, self._under_way = Changes(), taken
        paths = taken.paths()
        if paths is None:
            tree.renew([""])
        elif taken.folders:
            tree.renew(taken.folders)
        if paths is None or not self._in_step:
            self._compare()
            return
        self._in_step = False  # until the update succeeds
        names = [self._reader.root / path for path in paths]
        options = UpdateOptions.of(names, {"wait": LOCK_SECONDS})
        report = IndexWriter(self._reader).update(options, Looked(self._generation, began))
        self._done(report)

    def _compare(self) -> None:
        """Compare the whole tree with the index, and update it."""
        with self.working:
            self._in_step = False
            self._suspended = suspended_seconds()
            report = None
            if self._reader.exists():
                self._refresher.refresh("always")
            else:
                report = IndexWriter(self._reader).update(UpdateOptions.of(None, {}))
            self._compared = time.monotonic()
            self._done(report)

    def _done(self, report: UpdateReport | None) -> None:
        """Record that the index has all changes that were made before the update."""
        generation = self._reader.snapshot().manifest.generation
        is_new, self._generation = generation != self._generation, generation
        with self._lock:
            self._under_way = Changes()
            self._in_step = self._tree is not None
        self._delay = SCAN_LEAST
        state = replace(self.state, updates=self.state.updates + is_new, problem="")
        if self._tree is not None:
            count = self._tree.count
            state = replace(state, mode="events", reason="", interval=0.0, folders=count)
        self._say(state)
        if is_new:
            self._listener(generation, report)

    def _scan(self) -> None:
        """Compare the whole tree with the index, then wait: longer if nothing had changed."""
        began, generation = time.monotonic(), self._generation
        self._compare()
        spent = time.monotonic() - began
        interval = SCAN_LEAST
        if generation == self._generation:
            interval = min(self.state.interval * SCAN_GROWTH, SCAN_MOST)
        interval = max(interval, spent * SCAN_SHARE, SCAN_LEAST)
        self._say(replace(self.state, mode="scanning", interval=round(interval, 1)))
        self._wakeup.wait(interval)

    def _failed(self, error: CodelodeError) -> None:
        """Record the error, end all watches, and wait before the next attempt: longer each time.

        While the root is gone, a wait is `TICK` seconds. If a watched tree has
        nothing to index, the error is only recorded.
        """
        self._in_step = False
        if self._reader.root.is_dir():
            self._say(replace(self.state, problem=str(error)))
            if isinstance(error, UsageError) and self._tree is not None:
                return  # nothing to index: the next change may bring something
            self._delay = min(self._delay * SCAN_GROWTH, SCAN_MOST)
        else:
            reason = "the root is gone"
            self._say(replace(self.state, mode="waiting", reason=reason, problem="", folders=0))
            self._delay = TICK
        self.close()
        self._wakeup.wait(self._delay)

    def _say(self, state: WatchState) -> None:
        """Record the state of the watcher, if it is new."""
        if state != self.state:
            self.state = state
            write_state(self._reader.directory, state)
