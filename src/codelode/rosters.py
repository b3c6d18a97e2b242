"""`RosterReader`: the object that users hold to search a roster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from codelode import arguments
from codelode.search.request import SearchRequest

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from typing import Self

    from codelode.roster.repositories import Repositories, RepositoryTotals
    from codelode.search.request import Mode, SearchOptions
    from codelode.types import Answer, Hit, SymbolHit


class RosterReader:
    """The repositories of a roster, searched as one. Any number of threads may use it.

        roster = RosterReader.open("s3://acme-code/roster")
        hits = roster.search("where are retries scheduled", repositories="acme/*")

    Paths begin with the name of their repository. Answers come from the newest generation of the
    roster. Every method may raise a `codelode.CodelodeError`.
    """

    def __init__(self, repositories: Repositories) -> None:
        """Take the repositories to search. Users call `open` instead."""
        self._repositories = repositories

    @classmethod
    def open(
        cls,
        place: str | os.PathLike[str],
        repositories: Sequence[str] | str | None = None,
        labels: Sequence[str] | str | None = None,
        index_dir: str | os.PathLike[str] | None = None,
        cache_size: int | None = None,
        model: str | None = None,
    ) -> Self:
        """Open the roster in a folder, or at a URL such as `s3://bucket/path`.

        `repositories` are globs of names; `labels` are the access labels of the user. Repositories
        with other labels are as if they were not there. Segments that are not in a local
        folder are kept in `index_dir` (default: the user's cache folder), at most `cache_size`
        bytes (default: 20 GiB). `model` is the model that made the indexes, if it is not a bundled
        one.

        Raises `NoIndexError` if there is no roster, `UsageError` if no repository is visible.
        """
        from codelode.roster.answer import object_cache
        from codelode.roster.cache import DEFAULT_LIMIT
        from codelode.roster.followed import FollowedRoster
        from codelode.roster.roster import Roster

        limit = DEFAULT_LIMIT if cache_size is None else cache_size
        arguments.path("place", place)  # a check only: `place` may be a URL
        followed = FollowedRoster(
            Roster.open(place),
            arguments.strings("repositories", repositories),
            arguments.strings("labels", labels),
            object_cache(index_dir, arguments.whole_number("cache_size", limit)),
            model,
        )
        return cls(followed)

    @property
    def place(self) -> str:
        """The place of the roster."""
        return self._repositories.place

    def search(
        self,
        query: str = "",
        limit: int = 10,
        mode: Mode = "hybrid",
        repositories: Sequence[str] | str | None = None,
        **options: Unpack[SearchOptions],
    ) -> list[Hit]:
        """Return the hits of `answer`, which takes the same parameters."""
        return self.answer(query, limit, mode, repositories, **options).hits

    def answer(
        self,
        query: str = "",
        limit: int = 10,
        mode: Mode = "hybrid",
        repositories: Sequence[str] | str | None = None,
        **options: Unpack[SearchOptions],
    ) -> Answer:
        """Search the repositories whose names match the globs in `repositories`, or all.

        The other parameters are those of `Index.answer`; `changed` and `since` raise `UsageError`,
        because a roster has no trees to look at.
        """
        request = SearchRequest(query, limit, mode, **options)
        return self._repositories.answer(request, arguments.strings("repositories", repositories))

    def symbols(
        self,
        name: str = "",
        limit: int = 100,
        kinds: Sequence[str] | str | None = None,
        languages: Sequence[str] | str | None = None,
        globs: Sequence[str] | str | None = None,
        exact: bool = False,
        repositories: Sequence[str] | str | None = None,
    ) -> list[SymbolHit]:
        """Return definitions by name, as `Index.symbols` does.

        There are many parameters because it has all those of `Index.symbols`, and `repositories`.
        """
        from codelode.search.symbol_query import SymbolRequest

        request = SymbolRequest(name, limit, kinds, languages, globs, exact)
        return self._repositories.symbols(request, arguments.strings("repositories", repositories))

    def outline(self, path: str | os.PathLike[str]) -> list[SymbolHit]:
        """Return the definitions of a file, in document order.

        Raises `UsageError` if there is no such file.
        """
        return self._repositories.outline(str(arguments.path("path", path)))

    def related(self, path: str | os.PathLike[str], line: int, limit: int = 10) -> list[Hit]:
        """Return code of other files that is similar in meaning to the code at a line, best first.

        Raises `UsageError` if there is no such file, or no code at this line.
        """
        line = arguments.whole_number("the line", line, least=1)
        limit = arguments.whole_number("the number of hits", limit, least=1)
        return self._repositories.related(str(arguments.path("path", path)), line, limit)

    def text(self, path: str | os.PathLike[str]) -> str:
        """Return the text of a file, as indexed. Raises `UsageError` if there is no such file."""
        return self._repositories.text(str(arguments.path("path", path)))

    def repositories(self, globs: Sequence[str] | str | None = None) -> list[RepositoryTotals]:
        """Return the repositories whose names match `globs`, or all, in the order of their names.

        Returns an empty list if none match.
        """
        return self._repositories.totals(arguments.strings("globs", globs))
