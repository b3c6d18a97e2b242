"""The repositories that a cluster searches, as a client with certain labels sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from codelode.cluster import lookups
from codelode.cluster.answer import Restriction, RosterCorpus
from codelode.errors import ClusterError
from codelode.roster.answer import check_paths, is_unsafe
from codelode.roster.names import folders_of
from codelode.roster.repositories import RepositoryTotals
from codelode.search.filters import languages_needed
from codelode.search.one_file import not_in_the_index
from codelode.search.searcher import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codelode.cluster.answer import ClusterRepositories
    from codelode.cluster.pieces import Corpus
    from codelode.cluster.rounds import Pieces
    from codelode.cluster.search import ClusterSearch
    from codelode.search.request import SearchRequest
    from codelode.search.symbol_query import SymbolRequest
    from codelode.types import Answer, Hit, SymbolHit

T = TypeVar("T")


class SeenRepositories:
    """The repositories that a restriction selects, as `Repositories`; used in the front.

    Answers of `symbols`, `outline`, `related` and `text` are never partial: if a repository that
    they need cannot be searched, they raise `ClusterError`.
    """

    def __init__(self, repositories: ClusterRepositories, restriction: Restriction) -> None:
        """Give access to the repositories that a restriction selects."""
        self._repositories = repositories
        self._restriction = restriction

    @property
    def place(self) -> str:
        """The place of the roster."""
        return self._repositories.roster.place

    def answer(self, request: SearchRequest, globs: Sequence[str] = ()) -> Answer:
        """Search the selected repositories; with `globs`, only those that match them too."""
        return self._repositories.answer(request, self._restriction.narrowed(globs))

    def symbols(self, request: SymbolRequest, globs: Sequence[str] = ()) -> list[SymbolHit]:
        """Return the requested definitions, in the repositories that also match `globs`."""
        restriction = self._restriction.narrowed(globs)
        languages = frozenset(languages_needed(canonical(request.languages or ())))

        def choose(corpus: Corpus) -> list[Pieces]:
            scope = self._repositories.scope(corpus, restriction, languages)
            _check_broken(scope.broken)
            return [scope.pieces]

        hits = self._look_up(choose, lambda search: lookups.symbols(search, request))
        check_paths(hit.path for hit in hits)
        return hits

    def outline(self, path: str) -> list[SymbolHit]:
        """Return the definitions of a file. Raises `UsageError` if there is no such file."""
        return _there(self._in_home(path, lambda home: lookups.outline(home, path)), path)

    def text(self, path: str) -> str:
        """Return the text of a file, as indexed. Raises `UsageError` if there is no such file."""
        text = _there(self._in_home(path, lambda home: lookups.text(home, path)), path)
        return text.decode("utf-8", "replace")

    def related(self, path: str, line: int, limit: int = 10) -> list[Hit]:
        """Return similar code in other files. Raises `UsageError` if there is no such place."""

        def choose(corpus: Corpus) -> list[Pieces]:
            scope = self._repositories.scope(corpus, self._restriction)
            _check_broken(scope.broken)
            return [scope.pieces, self._home(corpus, path)]

        def ask(search: ClusterSearch, home: ClusterSearch) -> list[Hit] | None:
            return lookups.related(search, home, path, line, limit)

        hits = _there(self._look_up(choose, ask), path)
        check_paths(hit.path for hit in hits)
        return hits

    def totals(self, globs: Sequence[str] = ()) -> list[RepositoryTotals]:
        """Return the repositories that also match `globs`; an empty list if there are none."""
        restriction = self._restriction.narrowed(globs)
        selection = restriction.select(self._repositories.roster)
        return [*map(RepositoryTotals.of, selection)]

    def _in_home(self, path: str, ask: Callable[[ClusterSearch], T]) -> T:
        """Call `ask` with a search of the repository that holds a path; return the result."""
        return self._look_up(lambda corpus: [self._home(corpus, path)], ask)

    def _look_up(self, choose: Callable[[Corpus], list[Pieces]], ask: Callable[..., T]) -> T:
        return self._repositories.front.look_up(choose, ask, self._restriction.seconds)

    def _home(self, corpus: Corpus, path: str) -> Pieces:
        """Return the pieces of a path's repository. Raises `UsageError` if no repository has it."""
        assert isinstance(corpus, RosterCorpus)
        found = self._restriction.select(corpus.roster).named(folders_of(path))
        if not len(found) or is_unsafe(path):
            raise not_in_the_index(path)
        names = {each.name for each in found}
        _check_broken(tuple(names & corpus.broken))
        return corpus.select(names)


def _check_broken(names: Sequence[str]) -> None:
    if names:
        raise ClusterError(f"cannot be searched: {', '.join(names)}")


def _there(value: T | None, path: str) -> T:
    if value is None:
        raise not_in_the_index(path)
    return value
