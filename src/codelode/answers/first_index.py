"""Index a tree that has no index yet, in the background, while calls go on.

A server must never make an agent wait long for an index, nor fail because there is none. The first
call starts the update; each commit makes more of the tree searchable.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 (it cannot be imported once Python is ending)
import threading
import time
from typing import TYPE_CHECKING

from codelode.answers.build import configured
from codelode.answers.indexes import remove_old_orphans
from codelode.answers.large_tree import refuse_unasked
from codelode.errors import CodelodeError, LockedError
from codelode.render.units import count

if TYPE_CHECKING:
    from codelode.index import Index

DEADLINE = 8.0
"""Seconds that a call waits for the first commit; clients begin to give up at 10."""

_LOCKED_SECONDS = 0.5


class FirstIndex:
    """The first update of an index. The update reports its progress to `found` and `indexed`."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._finished = False
        self._started = 0.0
        self.files_found = 0
        self.files_indexed = 0
        self.problem = ""
        """Why there is no index and will not be one, in one line."""

    @property
    def running(self) -> bool:
        """Whether the update that `start` began is under way."""
        return self._thread is not None and not self._finished

    @property
    def never_started(self) -> bool:
        """Whether `start` was never called."""
        return self._thread is None

    def searchable(self) -> bool:
        """Return whether this index, or the index of an enclosing folder, can be searched."""
        return self._index.searchable()

    def start(self) -> None:
        """Start the update unless it was started before."""
        with self._lock:
            if self._thread is None:
                name = f"codelode index {self._index.root}"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._started = time.monotonic()
                self._thread.start()

    def ready(self) -> bool:
        """Return whether a call can stop waiting.

        Until `DEADLINE` seconds after the start, calls wait for the end of the update; from then
        on, they wait only for the first commit.
        """
        waited = time.monotonic() - self._started
        return self._finished or (waited > DEADLINE and self._index.exists())

    def state(self) -> str:
        """Describe the progress or the problem in one line; empty if there is neither."""
        if self.problem or not self.running:
            return self.problem
        done = f"{self.files_indexed:,} of at least {count(self.files_found, 'file')} indexed"
        return f"indexing {self._index.root}: {done}"

    def found(self, files: int, size: int) -> None:
        """Count files that have to be read."""
        self.files_found += files

    def indexed(self, files: int, size: int) -> None:
        """Count files that are done."""
        self.files_indexed += files

    def _run(self) -> None:
        try:
            self._update()
        except CodelodeError as error:
            self.problem = str(error)
        finally:
            self._finished = True

    def _update(self) -> None:
        index, settings = configured(self._index)
        refuse_unasked(index, settings)
        settings["progress"] = self
        while True:
            try:
                index.update(**settings)
            except LockedError:  # another process is indexing this tree
                time.sleep(_LOCKED_SECONDS)
                if self._index.exists() and self._index.snapshot().manifest.complete:
                    return
            else:
                remove_old_orphans(index)
                return
