"""`Lookups`: the part of an `Index` that answers questions about names and places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode import arguments, metrics
from codelode.errors import UsageError
from codelode.lazy import cached_property
from codelode.opened import OpenedIndex
from codelode.store.locate import path_below
from codelode.types import FRESH, Freshness

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from codelode.freshness.refresh import Refresher
    from codelode.types import Fresh, Hit, SymbolHit


class Lookups(OpenedIndex):
    """Definitions by name, the definitions of a file, and code similar to a place."""

    def refresh(self, fresh: Fresh = "auto") -> Freshness:
        """Bring the index up to date, as `answer` does before a search; return its freshness."""
        arguments.choice("fresh", fresh, FRESH)
        return Freshness() if fresh == "never" else self._refresher.refresh(fresh)

    @cached_property
    def _refresher(self) -> Refresher:
        from codelode.freshness.background import update_in_background
        from codelode.freshness.refresh import Refresher

        refresher = Refresher(self._reader)
        refresher.go_on = update_in_background
        return refresher

    def symbols(
        self,
        name: str = "",
        limit: int = 100,
        kinds: Sequence[str] | str | None = None,
        languages: Sequence[str] | str | None = None,
        globs: Sequence[str] | str | None = None,
        exact: bool = False,
        fresh: Fresh = "auto",
    ) -> list[SymbolHit]:
        """Return definitions by name, the best first, after bringing the index up to date.

        `name` may be qualified in any way (`Class.method`, `Class::method`, `->method`), or a
        prefix with a final `*`, or another glob with `*` and `?` in it. Without a name, return all
        definitions, in the order of paths and lines. Names match as written, in another case, or
        with their words joined in another way. Only if no name matches, names that begin with
        `name` match; if there are none either, names that differ by one or two typing errors match.
        `exact` allows only names as written.

        `kinds` are kinds of definitions, such as "class"; `languages`, `globs` and `fresh` are as
        for `answer`. A single string means one item. There are many parameters because each is a
        choice of its own; all are optional.

        Raises `NoIndexError` without an index, and `UsageError` for invalid arguments.
        """
        from codelode.search.symbol_query import SymbolRequest

        request = SymbolRequest(name, limit, kinds, languages, globs, exact)
        self.refresh(fresh)
        return self._reader.symbols(request)

    def outline(self, path: str | os.PathLike[str]) -> list[SymbolHit]:
        """Return the definitions of a file, in document order, from the newest committed snapshot.

        `path` is absolute, or relative to the root. Raises `NoIndexError`, and `UsageError` if the
        file is outside the root or not in the index.
        """
        given = arguments.path("path", path)
        found = self._reader.outline(path_below(self.root, given))
        if found is None:
            raise UsageError(f"{given} is not in the index of {self.root}")
        return found

    @metrics.counting_errors("search")
    def related(self, path: str | os.PathLike[str], line: int, limit: int = 10) -> list[Hit]:
        """Return code of other files that is similar in meaning to the code at a line, best first.

        `path` is relative to the root, or absolute; `line` is 1-based. The score of a hit is the
        cosine of the embeddings of the two chunks, from -1 to 1.

        Raises `NoIndexError`; `UsageError` if the index has no such file or no code at this line.
        """
        line = arguments.whole_number("the line", line, least=1)
        limit = arguments.whole_number("the number of hits", limit, least=1)
        below = path_below(self.root, arguments.path("path", path))
        return self._reader.related(below, line, limit)

    def holds(self, path: str | os.PathLike[str]) -> bool:
        """Return whether a file is in the index; `path` is relative to the root, or absolute.

        Raises `NoIndexError`; `UsageError` if the path is not below the root.
        """
        return self._reader.holds(path_below(self.root, arguments.path("path", path)))
