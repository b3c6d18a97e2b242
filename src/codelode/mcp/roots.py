"""The trees that a server may show. Nothing outside of them can be named."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.answers.files import indexed_text
from codelode.answers.first_index import FirstIndex
from codelode.errors import NoIndexError, UsageError
from codelode.index import Index
from codelode.mcp.sources import Searched, globs_below
from codelode.mcp.state import index_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codelode.search.request import SearchRequest
    from codelode.search.symbol_query import SymbolRequest
    from codelode.types import Answer, Freshness, Hit, SymbolHit


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder below a root: `path` is POSIX and relative, empty for the root itself."""

    index: Index
    path: str


class Roots:
    """The `Sources` for some roots: their indexes, found by the paths that agents use.

    Paths are shown relative to the server's current folder if it contains every root. Otherwise,
    they are relative to the root if there is only one, or else absolute.
    """

    def __init__(self, indexes: Sequence[Index]) -> None:
        """Take the indexes, which need not exist yet.

        If several have the same root, the last one counts.
        """
        self.indexes = list({index.root: index for index in indexes}.values())
        self.first = {index.root: FirstIndex(index) for index in self.indexes}
        here = Path(os.path.realpath("."))
        if all(index.root.is_relative_to(here) for index in self.indexes):
            self.base: Path | None = here
        else:
            self.base = self.indexes[0].root if len(self.indexes) == 1 else None

    @classmethod
    def open(cls, roots: Sequence[str], index_dir: str | None = None) -> Roots:
        """Open the indexes of some folders. Raises `UsageError` for a bad root."""
        return cls([Index.open(root, index_dir=index_dir) for root in roots])

    def search(self, path: str, request: SearchRequest) -> Searched | None:
        """Search the places that a path names; return None while none of their indexes exists."""
        found = [(place.index, self._answer(place, request)) for place in self.find(path)]
        answers = [(index, answer) for index, answer in found if answer is not None]
        if not answers:
            return None
        hits = [self._shown_hit(index, hit) for index, answer in answers for hit in answer.hits]
        hits.sort(key=lambda hit: -hit.score)
        return Searched(hits, self.states({i.root: answer.freshness for i, answer in answers}))

    def symbols(self, path: str, request: SymbolRequest) -> list[SymbolHit]:
        """Return definitions below a path, from the indexes that exist."""
        hits = []
        for place in self.find(path):
            wanted = replace(request, globs=globs_of(place, request.globs or ()))
            with suppress(NoIndexError):
                found = place.index.reader.symbols(wanted)
                hits += [replace(hit, path=self.shown(place.index, hit.path)) for hit in found]
        return hits

    def outline(self, path: str) -> tuple[str, list[SymbolHit]]:
        """Return the path of a file as agents see it, and its definitions."""
        place = self._file(path)
        return self.shown(place.index, place.path), place.index.outline(place.path)

    def related(self, path: str, line: int, limit: int) -> list[Hit]:
        """Return similar code in other files of the same root."""
        place = self._file(path)
        hits = place.index.related(place.path, line, limit)
        return [self._shown_hit(place.index, hit) for hit in hits]

    def text(self, path: str) -> tuple[str, str]:
        """Return the path of a file as agents see it, and its text as it is on disk now."""
        place = self._file(path)
        return self.shown(place.index, place.path), indexed_text(place.index, place.path)

    def states(self, compared: Mapping[Path, Freshness] | None = None) -> list[str]:
        """Return the state of each index; `compared` has the freshness of some indexes, by root."""
        states = []
        for index in self.indexes:
            freshness = (compared or {}).get(index.root)
            state = index_state(index, self.first[index.root].state(), freshness)
            states.append(state if len(self.indexes) == 1 else f"{index.root}: {state}")
        return states

    def status(self) -> list[str]:
        """Return the state of each root, and the base of paths if that is not obvious."""
        lines = [
            f"root {index.root}: {index_state(index, self.first[index.root].state())}"
            for index in self.indexes
        ]
        if self.base is not None and str(self.base) != os.path.realpath("."):
            lines.append("paths are relative to the root")
        return lines

    def _answer(self, place: Place, request: SearchRequest) -> Answer | None:
        """Return the answer of one index; None while it does not exist."""
        try:
            return place.index.answer(
                request.query,
                request.limit,
                request.mode,
                languages=request.languages,
                globs=globs_of(place, request.globs or ()),
            )
        except NoIndexError:
            return None

    def _shown_hit(self, index: Index, hit: Hit) -> Hit:
        return replace(hit, path=self.shown(index, hit.path))

    def _file(self, path: str) -> Place:
        found = self.find(path)
        if not found[0].path:
            raise UsageError("path must name a file")
        return found[0]

    def shown(self, index: Index, path: str) -> str:
        """Return the path of a file as agents see it; `path` is relative to the index's root."""
        full = index.root / path
        return str(full) if self.base is None else str(full.relative_to(self.base))

    def find(self, path: str) -> list[Place]:
        """Return the places that a path names; the path is absolute, or relative as in answers.

        An empty path means every root. Raises `UsageError` if the path is outside of all roots.
        """
        path = path.strip()
        if path in ("", "."):
            return [Place(index, "") for index in self.indexes]
        if "\0" in path:
            raise UsageError("a path cannot contain a NUL character")
        bases = dict.fromkeys([*([self.base] if self.base else []), *self._all_roots()])
        found = [place for base in bases if (place := self._below_a_root(base / path))]
        if not found:
            raise UsageError(f"{path!r} is outside of the roots that this server may show")
        existing = [place for place in found if os.path.lexists(place.index.root / place.path)]
        return (existing or found)[:1]

    def _all_roots(self) -> list[Path]:
        return [index.root for index in self.indexes]

    def _below_a_root(self, path: Path) -> Place | None:
        """Return the place of an absolute path, links resolved, in the innermost root, or None."""
        try:
            real = Path(os.path.realpath(path))
        except (OSError, ValueError):
            return None
        holding = [index for index in self.indexes if real.is_relative_to(index.root)]
        if not holding:
            return None
        index = max(holding, key=lambda index: len(index.root.parts))
        relative = real.relative_to(index.root).as_posix()
        return Place(index, "" if relative == "." else relative)


def globs_of(place: Place, globs: Sequence[str]) -> list[str] | None:
    """Return globs that restrict a search to a place and to `globs`; None for no globs."""
    return globs_below(place.path, globs, lambda: (place.index.root / place.path).is_dir())
