"""A roster that is searched again and again: the newest generation answers."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from codelode.errors import NoIndexError, ObjectStoreError
from codelode.lru import LruCache
from codelode.roster.answer import SelectedRepositories

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from codelode.roster.cache import ObjectCache
    from codelode.roster.repositories import RepositoryTotals
    from codelode.roster.roster import Roster
    from codelode.search.request import SearchRequest
    from codelode.search.symbol_query import SymbolRequest
    from codelode.types import Answer, Hit, SymbolHit

POLL_SECONDS = 1.0
"""How old the knowledge of the newest generation may be."""

_NARROWED = 16


class FollowedRoster:
    """The newest generation of a roster, as `Repositories` that are searched on this machine.

    Any number of threads may use it. While the store cannot be reached, the last known generation
    answers.
    """

    def __init__(
        self,
        roster: Roster,
        globs: Sequence[str] = (),
        labels: Collection[str] = (),
        cache: ObjectCache | None = None,
        model: str | None = None,
    ) -> None:
        """Select the repositories that match `globs` and that somebody with `labels` may see.

        `model` is the model that made the indexes, if it is not a bundled one. Raises what
        `SelectedRepositories` raises.
        """
        self._arguments = globs, labels, cache, model
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._selected = SelectedRepositories(roster, *self._arguments)
        self._narrowed: LruCache[tuple[str, ...], SelectedRepositories] = LruCache(_NARROWED)

    @property
    def place(self) -> str:
        """The place of the roster."""
        return self._selected.roster.place

    def answer(self, request: SearchRequest, globs: Sequence[str] = ()) -> Answer:
        """Search the repositories that also match `globs`."""
        return self._newest(globs).answer(request)

    def symbols(self, request: SymbolRequest, globs: Sequence[str] = ()) -> list[SymbolHit]:
        """Return definitions in the repositories that also match `globs`."""
        return self._newest(globs).symbols(request)

    def outline(self, path: str) -> list[SymbolHit]:
        """Return the definitions of a file. Raises `UsageError` if there is no such file."""
        return self._newest().outline(path)

    def related(self, path: str, line: int, limit: int = 10) -> list[Hit]:
        """Return similar code in other files. Raises `UsageError` if there is no such place."""
        return self._newest().related(path, line, limit)

    def text(self, path: str) -> str:
        """Return the text of a file, as indexed. Raises `UsageError` if there is no such file."""
        return self._newest().text(path)

    def totals(self, globs: Sequence[str] = ()) -> list[RepositoryTotals]:
        """Return the repositories that also match `globs`; an empty list if there are none."""
        newest = self._newest()
        if globs and not len(newest.selection.matching(globs)):
            return []
        return newest.narrowed(globs).totals()

    def _newest(self, globs: Sequence[str] = ()) -> SelectedRepositories:
        self._look()
        selected, key = self._selected, tuple(globs)
        if not key:
            return selected
        narrowed = self._narrowed.get(key)
        if narrowed is None or narrowed.roster is not selected.roster:
            narrowed = selected.narrowed(key)
            self._narrowed.put(key, narrowed)
        return narrowed

    def _look(self) -> None:
        """Use the newest generation, if the store can be reached.

        One thread at a time asks the store; the others do not wait for it.
        """
        if time.monotonic() - self._looked < POLL_SECONDS or not self._lock.acquire(blocking=False):
            return
        try:
            roster = self._selected.roster.newer()
            if roster is not self._selected.roster:
                self._selected = SelectedRepositories(roster, *self._arguments)
        except (ObjectStoreError, NoIndexError):
            pass
        finally:
            self._looked = time.monotonic()
            self._lock.release()
