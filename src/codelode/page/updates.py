"""Keep an index up to date in the background, with progress for the page."""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 (it cannot be imported once Python is ending)
import threading
from typing import TYPE_CHECKING, Any, cast

from codelode.answers.build import configured
from codelode.answers.large_tree import refuse_unasked
from codelode.errors import CodelodeError, LockedError

if TYPE_CHECKING:
    from codelode.index import Index
    from codelode.pipeline.options import UpdateSettings
    from codelode.watch.watcher import Watcher


class Updates:
    """The updates of one index: one at the start, then one whenever files change.

    It also listens to the progress of these updates: see `found` and `indexed`.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._watcher: Watcher | None = None
        self._files_found = 0
        self._files_indexed = 0
        self._problem = ""

    def start(self) -> bool:
        """Start an update unless one is running; return whether one was started."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return False
            self._files_found = self._files_indexed = 0
            self._thread = threading.Thread(target=self._run, name="codelode update", daemon=True)
            self._thread.start()
            return True

    def state(self) -> dict[str, Any]:
        """Return the progress of the current update, and the reason if the last one failed."""
        running = self._thread is not None and self._thread.is_alive()
        return {
            "updating": running,
            "files_to_read": self._files_found,
            "files_read": self._files_indexed,
            "problem": self._problem,
        }

    def found(self, files: int, size: int) -> None:
        """Count files that have to be read."""
        self._files_found += files

    def indexed(self, files: int, size: int) -> None:
        """Count files that are done."""
        self._files_indexed += files

    def _warm(self) -> None:
        """Load what the first search needs, so that nobody waits for it."""
        if self._index.exists():
            self._index.answer("parse the configuration", fresh="never")

    def _run(self) -> None:
        problem = ""
        try:
            self._warm()
            self._update()
            if self._watcher is None:
                self._watcher = self._index.watch()
        except LockedError:
            problem = "another process is updating this index"
        except CodelodeError as error:
            problem = str(error)
        finally:
            self._problem = problem

    def _update(self) -> None:
        """Update the index with its recorded options, or build it according to the settings."""
        index = self._index
        if index.searchable():
            recorded = index.reader.home().snapshot().manifest.options
            settings = cast("UpdateSettings", dict(recorded))
        else:
            index, settings = configured(index)
            refuse_unasked(index, settings)
        settings["progress"] = self
        index.update(**settings)
