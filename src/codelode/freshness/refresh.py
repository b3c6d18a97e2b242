"""Bring an index up to date before an answer, if that is wanted and cheap."""

from __future__ import annotations

import math
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Protocol

from codelode.discover.scope import Scope
from codelode.errors import CodelodeError, LockedError, NoIndexError, UsageError
from codelode.freshness.attempt import Abandoned, Attempt
from codelode.freshness.look import Bounds, Look, look
from codelode.pipeline.options import UpdateOptions
from codelode.system.fork import ForkLock
from codelode.types import Freshness
from codelode.writer import IndexWriter, Looked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from codelode.pipeline.options import UpdateSettings
    from codelode.reader import IndexReader
    from codelode.store.snapshot import Snapshot
    from codelode.types import Fresh

BUDGET = 0.3
"""Seconds that a search spends at most on the walk and the update if freshness is `auto`."""

MOST_FILES = 1000
"""An update of more files than this walks the tree instead of naming each file."""

TOUCHED_FILES = 64
"""Files with other times but the same content are read by every look; more than this are worth a
commit of their new times."""

MERGED_CHUNKS = 2048
"""An update before a search merges at most this many chunks, and leaves longer merges to others."""

# Estimates, on the slow side: 500 KB per second, 0.5 ms per file, and 30 ms for a commit.
_SECONDS_PER_BYTE = 2e-6
_SECONDS_PER_FILE = 5e-4
_COMMIT_SECONDS = 0.03

UNKNOWN = Freshness()
UNCHANGED = Freshness(changed=0, added=0, deleted=0, coverage=1.0)
UPDATED = replace(UNCHANGED, updated=True)


def budget() -> float:
    """Return the budget in seconds: `LODE_FRESH_BUDGET`, or the default.

    Raises `UsageError` if the variable is not a number of seconds.
    """
    given = os.environ.get("LODE_FRESH_BUDGET", "")
    try:
        seconds = float(given) if given else BUDGET
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise UsageError(f"LODE_FRESH_BUDGET: {given!r} is not a number of seconds")
    return seconds


class Watched(Protocol):
    """A watcher of the tree, in this process."""

    @property
    def leads(self) -> bool:
        """Whether this watcher is the elected one."""

    def changes(self) -> set[str] | None:
        """Return the paths that may differ; None if all may."""


class Refresher:
    """An object that looks at the tree of one index, and updates the index.

    With `auto`, an attempt does both in a thread, and a search waits for the attempt at most as
    long as the budget. Searches share attempts: each search uses the first attempt that begins
    after the search did.
    """

    known: ClassVar[dict[Path, Freshness]] = {}
    """The freshness by the folder of the index, in a process that was forked to answer one request:
    the parent looked just before the fork."""

    def __init__(self, reader: IndexReader, seconds: float | None = None) -> None:
        """Take the reader of the index, and the budget in seconds (default: `budget()`)."""
        self.watcher: Watched | None = None
        """A watcher of this index; if it leads, it knows the paths that may differ."""
        self.go_on: Callable[[IndexReader], bool] = lambda reader: False
        """Starts an update that is too long for a search; returns whether one is under way."""
        self._reader = reader
        self._budget = budget() if seconds is None else seconds
        self._lock = ForkLock()
        self._attempt: Attempt[Freshness] | None = None

    def refresh(self, fresh: Fresh) -> Freshness:
        """Return how the index compares with the tree, after updating it if that was wanted.

        With `auto`, raises only what a search of the index raises too, and never waits for another
        process. With `always`, waits for another process that is indexing, and raises what
        `Index.update` raises.
        """
        if fresh == "never":
            return UNKNOWN
        return self._always() if fresh == "always" else self._auto()

    def _always(self) -> Freshness:
        home = self._reader.home()
        snapshot = home.snapshot()
        found = self._look(home, snapshot, Bounds(math.inf, MOST_FILES), None)
        if not _due(found, snapshot):
            return _compared(found, snapshot)
        _update(home, snapshot, found, {"wait": math.inf})
        return UPDATED

    def _auto(self) -> Freshness:
        asked = time.monotonic()
        deadline = asked + self._budget
        home = self._reader.home()
        if home.directory in self.known:
            return self.known[home.directory]
        try:
            is_complete = home.snapshot().manifest.complete
        except NoIndexError:
            return UNKNOWN
        told = self._told(home, deadline) if is_complete else None
        if told is not None:
            return told
        while True:
            attempt = self._attempt_since(asked)
            if not attempt.wait(deadline):
                return self._late(home, attempt)
            if attempt.began >= asked:
                return attempt.result()

    def _told(self, home: IndexReader, deadline: float) -> Freshness | None:
        """Return the freshness known to a watcher of this or another process; None if unknown."""
        if self.watcher is not None and self.watcher.leads:
            return None if self.watcher.changes() != set() else UNCHANGED
        from codelode.freshness.inquiry import ask

        return ask(home.directory, deadline)

    def _attempt_since(self, asked: float) -> Attempt[Freshness]:
        """Return the attempt that is under way, or the last one if it began after `asked`.

        If there is neither, begins an attempt and returns it.
        """
        with self._lock:
            last = self._attempt
            if last is not None and (last.is_under_way or last.began >= asked):
                return last
            self._attempt = Attempt(self._try)
            return self._attempt

    def _late(self, home: IndexReader, attempt: Attempt[Freshness]) -> Freshness:
        """Return the freshness that an attempt has found so far; the attempt goes on."""
        so_far = attempt.so_far
        work = "looking at the tree" if so_far is None else "updating"
        problem = f"{work} took over {self._budget:g} s"
        updating = self.go_on(home) or self.watcher is not None
        return replace(so_far or UNKNOWN, updating=updating, problem=problem)

    def _try(self, attempt: Attempt[Freshness]) -> Freshness:
        """Look at the tree and update the index, if that can be done within the budget."""
        deadline = attempt.began + self._budget
        home = self._reader.home()
        try:
            snapshot = home.snapshot()
        except NoIndexError:  # the index was just removed
            return UNKNOWN
        paths = None if self.watcher is None else self.watcher.changes()
        try:
            found = self._look(home, snapshot, Bounds(deadline, math.inf), paths)
        except CodelodeError as error:  # the search itself may still succeed
            return replace(UNKNOWN, problem=str(error))
        if not found.finished:
            return self._late(home, attempt)
        compared = _compared(found, snapshot)
        if not _due(found, snapshot):
            return compared
        if time.monotonic() + _cost(found) > deadline:
            going_on = self.go_on(home)
            problem = f"updating would take over {self._budget:g} s"
            return replace(compared, updating=going_on, problem=problem)
        attempt.so_far = compared
        # A search with `auto` never waits for another process. But if the watcher that leads is in
        # this process, it may be the holder of the lock, so the search waits for the lock.
        is_ours = self.watcher is not None and self.watcher.leads
        wait = max(deadline - time.monotonic(), 0.0) if is_ours else 0.0
        try:
            # No workers, because they take at least as long to start as the whole update takes.
            settings: UpdateSettings = {"wait": wait, "jobs": 1, "progress": _Listener(attempt)}
            _update(home, snapshot, found, settings, MERGED_CHUNKS)
        except LockedError:
            busy = "another process is indexing"
            return replace(compared, updating=True, problem=busy)
        except CodelodeError as error:
            return replace(compared, problem=str(error))
        except Abandoned:
            return compared
        return UPDATED

    def _look(
        self, home: IndexReader, snapshot: Snapshot, bounds: Bounds, paths: set[str] | None
    ) -> Look:
        """Compare `paths` with the snapshot; None stands for everything that the reader covers."""
        walk = IndexWriter(home).walk_options(snapshot.manifest.options)
        scope = None
        if paths is not None and not paths:
            return Look(snapshot.manifest.generation, time.time_ns(), whole=False, finished=True)
        if paths is not None or home is not self._reader:
            named = [self._reader.root] if paths is None else [home.root / path for path in paths]
            scope = Scope.of(home.root, named, no_ignore=walk.no_ignore)
        return look(home.root, snapshot, walk, scope, bounds)


def _due(found: Look, snapshot: Snapshot) -> bool:
    """Return whether an update has something to do."""
    return (
        not found.finished
        or bool(found.differing)
        or len(found.touched) > TOUCHED_FILES
        or not snapshot.manifest.complete
    )


def _cost(found: Look) -> float:
    """Estimate the duration of an update, in seconds."""
    files = len(found.differing) + len(found.touched)
    return _COMMIT_SECONDS + files * _SECONDS_PER_FILE + found.bytes * _SECONDS_PER_BYTE


class _Listener:
    """The progress listener of an update; ends the update once its attempt is abandoned."""

    def __init__(self, attempt: Attempt[Freshness]) -> None:
        self._attempt = attempt

    def found(self, files: int, size: int) -> None:
        """Raise `Abandoned` before a batch is read if the attempt was abandoned."""
        self._attempt.check()

    def indexed(self, files: int, size: int) -> None:
        """Raise `Abandoned` after a batch if the attempt was abandoned."""
        self._attempt.check()


def _update(
    home: IndexReader,
    snapshot: Snapshot,
    found: Look,
    settings: UpdateSettings,
    merged_chunks: int | None = None,
) -> None:
    """Update the files that differ, or everything if that is simpler."""
    paths = [home.root / path for path in (*found.differing, *found.touched)]
    partial = found.finished and snapshot.manifest.complete and len(paths) <= MOST_FILES
    if partial:
        options = UpdateOptions.of(paths, settings)
        looked = Looked(found.generation, found.began_ns) if found.whole else None
    else:
        options = UpdateOptions.of(None, settings)
        options, looked = replace(options, **snapshot.manifest.options), None
    options = replace(options, merged_chunks=merged_chunks)
    IndexWriter(home).update(options, looked, patience=0.0)


def _compared(found: Look, snapshot: Snapshot) -> Freshness:
    """Convert a look to a `Freshness`."""
    changed, added = len(found.changed), len(found.added)
    files = found.files if found.whole else snapshot.manifest.files + added
    coverage = round(1.0 - (changed + added) / max(files, 1), 4)
    return Freshness(changed=changed, added=added, deleted=found.deleted, coverage=coverage)
