"""Bring an index up to date before an answer, if that is wanted and cheap."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Protocol

from codelode.discover.scope import Scope
from codelode.errors import CodelodeError, LockedError, NoIndexError
from codelode.freshness.look import Bounds, Look, look
from codelode.pipeline.options import UpdateOptions
from codelode.system.fork import ForkLock
from codelode.types import Freshness
from codelode.writer import IndexWriter, Looked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from codelode.reader import IndexReader
    from codelode.store.snapshot import Snapshot
    from codelode.types import Fresh

BUDGET = 0.3
"""Seconds that a search may spend on the walk and the update if freshness is `auto`."""

MOST_FILES = 1000
"""An update of more files than this walks the tree instead of naming each file."""

TOUCHED_FILES = 64
"""Files with other times but the same content are read by every look; more than this are worth a
commit of their new times."""

# An estimate, on the slow side: 500 KB per second, and what a commit takes.
_SECONDS_PER_BYTE = 2e-6
_SECONDS_PER_FILE = 5e-4
_COMMIT_SECONDS = 0.03

UNKNOWN = Freshness()
UPDATED = Freshness(changed=0, added=0, deleted=0, coverage=1.0, updated=True)


class Watched(Protocol):
    """A watcher of the tree, in this process."""

    @property
    def leads(self) -> bool:
        """Whether it is the elected one."""

    def changes(self) -> set[str] | None:
        """Return the paths that may differ; None if all may."""


class Refresher:
    """Looks at the tree of one index, and updates the index.

    Threads share a look: one that has to wait for another thread's look uses the next one that
    begins after it asked.
    """

    known: ClassVar[dict[Path, Freshness]] = {}
    """What a parent process found just before this one was forked to answer one request, by the
    folder of the index."""

    def __init__(self, reader: IndexReader, budget: float = BUDGET) -> None:
        self.watcher: Watched | None = None
        """Knows the paths that may differ, if it leads."""
        self.go_on: Callable[[IndexReader], bool] = lambda reader: False
        """Starts an update that is too long for a search; returns whether one is under way."""
        self._reader = reader
        self._budget = budget
        self._lock = ForkLock()
        self._began = -math.inf
        self._last = UNKNOWN

    def refresh(self, fresh: Fresh) -> Freshness:
        """Return how the index compares with the tree, after updating it if that was wanted.

        With `auto`, raises only what a search of the index raises too, and never waits for another
        process. With `always`, waits for one, and raises what `Index.update` does.
        """
        if fresh == "never":
            return UNKNOWN
        asked = time.monotonic()
        with self._lock:
            if fresh == "auto" and self._began >= asked:
                return self._last
            began = time.monotonic()
            found = self._always() if fresh == "always" else self._auto(began + self._budget)
            self._began, self._last = began, found
            return found

    def _always(self) -> Freshness:
        home = self._reader.home()
        snapshot = home.snapshot()
        found = self._look(home, snapshot, Bounds(math.inf, MOST_FILES), None)
        if not _due(found, snapshot):
            return _compared(found, snapshot)
        _update(home, snapshot, found, wait=math.inf)
        return UPDATED

    def _auto(self, deadline: float) -> Freshness:
        home = self._reader.home()
        if home.directory in self.known:
            return self.known[home.directory]
        try:
            snapshot = home.snapshot()
        except NoIndexError:
            return UNKNOWN
        paths = None if self.watcher is None else self.watcher.changes()
        try:
            found = self._look(home, snapshot, Bounds(deadline, math.inf), paths)
        except CodelodeError as error:  # the search itself may still succeed
            return replace(UNKNOWN, problem=str(error))
        if not found.finished:
            going_on = self.go_on(home)
            problem = f"looking at the tree took over {self._budget:.1g} s"
            return replace(UNKNOWN, updating=going_on, problem=problem)
        if not _due(found, snapshot):
            return _compared(found, snapshot)
        if time.monotonic() + _cost(found) > deadline:
            going_on = self.go_on(home)
            problem = "updating would take too long"
            return replace(_compared(found, snapshot), updating=going_on, problem=problem)
        try:
            # The watcher of this process may hold the lock; it is no other process.
            is_ours = self.watcher is not None and self.watcher.leads
            wait = max(deadline - time.monotonic(), 0.0) if is_ours else 0.0
            _update(home, snapshot, found, wait)
        except LockedError:
            busy = "another process is indexing"
            return replace(_compared(found, snapshot), updating=True, problem=busy)
        except CodelodeError as error:
            return replace(_compared(found, snapshot), problem=str(error))
        return UPDATED

    def _look(
        self, home: IndexReader, snapshot: Snapshot, bounds: Bounds, paths: set[str] | None
    ) -> Look:
        """Compare some paths, or all that the reader covers."""
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


def _update(home: IndexReader, snapshot: Snapshot, found: Look, wait: float) -> None:
    """Update the files that differ, or everything if that is simpler."""
    paths = [home.root / path for path in (*found.differing, *found.touched)]
    partial = found.finished and snapshot.manifest.complete and len(paths) <= MOST_FILES
    if partial:
        options = UpdateOptions.of(paths, {"wait": wait})
        looked = Looked(found.generation, found.began_ns) if found.whole else None
    else:
        options = UpdateOptions.of(None, {"wait": wait})
        options, looked = replace(options, **snapshot.manifest.options), None
    IndexWriter(home).update(options, looked, patience=0.0)


def _compared(found: Look, snapshot: Snapshot) -> Freshness:
    """Return the result of a look."""
    changed, added = len(found.changed), len(found.added)
    files = found.files if found.whole else snapshot.manifest.files + added
    coverage = round(1.0 - (changed + added) / max(files, 1), 4)
    return Freshness(changed=changed, added=added, deleted=found.deleted, coverage=coverage)
