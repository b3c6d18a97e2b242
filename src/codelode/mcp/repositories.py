"""The repositories of a roster, for agents: searched by this machine or by a server."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.errors import UsageError
from codelode.mcp.sources import Searched, globs_below
from codelode.render.units import age, count
from codelode.roster.repositories import name_in, named_without_hits

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.answers.first_index import FirstIndex
    from codelode.index import Index
    from codelode.roster.repositories import Repositories, RepositoryTotals
    from codelode.search.request import SearchRequest
    from codelode.search.symbol_query import SymbolRequest
    from codelode.types import Hit, SymbolHit

_LISTED = 100
"""The most repositories that the status names."""

_TOTALS_SECONDS = 10.0


class RepositorySources:
    """Repositories as `Sources`.

    A path begins with the name of a repository, or is a folder above repositories.
    """

    indexes: Sequence[Index] = ()

    def __init__(self, repositories: Repositories) -> None:
        """Answer from repositories."""
        self._repositories = repositories
        self._totals: dict[str, RepositoryTotals] = {}
        self._listed_at = -_TOTALS_SECONDS

    @property
    def first(self) -> Mapping[Path, FirstIndex]:
        """No first updates: the indexes of repositories are made elsewhere."""
        return {}

    def search(self, path: str, request: SearchRequest) -> Searched:
        """Search below a path."""
        names, inner = self._find(path)
        globs = globs_below(inner, request.globs or (), lambda: not self._is_file(path))
        answer = self._repositories.answer(replace(request, globs=globs), names)
        states = self.states()
        if answer.missing:
            states.append(f"not searched in time: {', '.join(answer.missing)}")
        if not inner and not names:
            states += [
                f"{name} is a repository without a place here: path={name} searches only there"
                for name in named_without_hits(request.query, answer, self._repositories)
            ]
        return Searched(answer.hits, states)

    def symbols(self, path: str, request: SymbolRequest) -> list[SymbolHit]:
        """Return definitions below a path."""
        names, inner = self._find(path)
        globs = globs_below(inner, request.globs or (), lambda: True)
        return self._repositories.symbols(replace(request, globs=globs), names)

    def outline(self, path: str) -> tuple[str, list[SymbolHit]]:
        """Return the path of a file, and its definitions."""
        file = _clean(path)
        return file, self._repositories.outline(file)

    def related(self, path: str, line: int, limit: int) -> list[Hit]:
        """Return similar code in other files of all repositories."""
        return self._repositories.related(_clean(path), line, limit)

    def text(self, path: str) -> tuple[str, str]:
        """Return the path of a file, and its text as it was indexed."""
        file = _clean(path)
        return file, self._repositories.text(file)

    def states(self) -> list[str]:
        """Return one text that describes all repositories together."""
        totals = self._listed().values()
        files = count(sum(each.files for each in totals), "file")
        state = f"{files} in {count(len(totals), 'repository')}"
        latest = max((each.updated for each in totals), default=None)
        if latest is not None:
            state += f", updated {age(max(time.time() - latest, 0))}"
        return [state]

    def status(self) -> list[str]:
        """Return lines: the place, the first repositories (files, languages), how paths begin."""
        totals = [*self._listed().values()]
        lines = [f"{self._repositories.place}: {self.states()[0]}"]
        for each in totals[:_LISTED]:
            languages = sorted(each.languages, key=lambda name: -each.languages[name])[:3]
            named = f" ({', '.join(languages)})" if languages else ""
            lines.append(f"{each.name}: {count(each.files, 'file')}{named}")
        if len(totals) > _LISTED:
            lines.append(f"and {len(totals) - _LISTED:,} more")
        return [*lines, "paths begin with the name of a repository"]

    def _find(self, path: str) -> tuple[list[str], str]:
        """Return globs of the repositories that a path names ([]: all), and the path within them.

        Raises `UsageError` if the path is in none.
        """
        if path.strip() in ("", ".", "/"):
            return [], ""
        clean = _clean(path)
        names = self._listed()
        name = name_in(f"{clean}/", names)
        if name is not None:
            return [f"/{name}"], clean[len(name) + 1 :]
        if any(each.startswith(f"{clean}/") for each in names):
            return [f"/{clean}"], ""
        raise UsageError(
            f"{path!r} is in none of the repositories: a path begins with the name of one, see"
            " status"
        )

    def _is_file(self, path: str) -> bool:
        try:
            self._repositories.outline(_clean(path))
        except UsageError:
            return False
        return True

    def _listed(self) -> Mapping[str, RepositoryTotals]:
        """Return the totals of all repositories by name, at most ten seconds old."""
        if time.monotonic() - self._listed_at > _TOTALS_SECONDS:
            self._totals = {each.name: each for each in self._repositories.totals()}
            self._listed_at = time.monotonic()
        return self._totals


def _clean(path: str) -> str:
    """Return a path without outer slashes. Raises `UsageError` if it cannot be in a repository."""
    clean = posixpath.normpath(path.strip().lstrip("/") or ".")
    if clean == "." or clean.split("/")[0] == ".." or "\0" in clean:
        raise UsageError(f"{path!r} is not the path of a file: see status for the repositories")
    return clean
