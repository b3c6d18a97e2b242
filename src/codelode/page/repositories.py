"""The repositories of a roster as trees of the page, searched by this machine or by a server."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from codelode.errors import CodelodeError, UsageError
from codelode.page.trees import Found, State, Tree
from codelode.roster.repositories import name_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codelode.page.words import Filters
    from codelode.roster.repositories import Repositories, RepositoryTotals
    from codelode.search.request import SearchRequest
    from codelode.types import Answer, Hit, SymbolHit

TOTALS_SECONDS = 5.0
"""How old the list of repositories may be."""


@dataclass(frozen=True, slots=True)
class RepositoryTree:
    """A repository. `known` has outlines that were already asked for, by path."""

    label: str
    trees: RepositoryTrees
    known: dict[str, list[SymbolHit]] = field(default_factory=dict)
    is_on_disk: bool = False

    def file(self, path: str) -> None:
        """Return None: the file is not on this machine."""
        return

    def text(self, path: str) -> str:
        """Return the text of a file as indexed. Raises `UsageError`."""
        return self.trees.repositories.text(f"{self.label}/{path}")

    def outline(self, path: str) -> list[SymbolHit]:
        """Return the definitions of a file. Raises `UsageError`."""
        if path not in self.known:
            self.known[path] = self.trees.repositories.outline(f"{self.label}/{path}")
        return self.known[path]

    def related(self, path: str, line: int, limit: int) -> list[Found]:
        """Return similar code from other files of all repositories. Raises `UsageError`."""
        hits = self.trees.repositories.related(f"{self.label}/{path}", line, limit)
        return self.trees.located(hits)


class RepositoryTrees:
    """All repositories that a client sees, as `Trees`."""

    several = True
    updates = False

    def __init__(self, repositories: Repositories) -> None:
        """Show repositories."""
        self.repositories = repositories
        self._lock = threading.Lock()
        self._totals: Mapping[str, RepositoryTotals] = {}
        self._listed_at = -TOTALS_SECONDS

    def start(self) -> None:
        """Do nothing: the indexes are updated elsewhere."""

    def update(self, label: str) -> bool:
        """Raise `UsageError`: the indexes are updated elsewhere."""
        raise UsageError("the repositories of a roster are updated by `lode roster update`")

    def search(self, filters: Filters, request: SearchRequest) -> tuple[Answer, list[Found]] | None:
        """Search the repositories that filters allow; the filter `root:` takes a name or a glob."""
        others = [f"!{each}" for each in sorted(filters.other_roots)]
        answer = self.repositories.answer(request, [*sorted(filters.roots), *others])
        return answer, self.located(answer.hits)

    def located(self, hits: Sequence[Hit]) -> list[Found]:
        """Return hits with their trees, and with their paths in these trees."""
        found = []
        trees: dict[str, RepositoryTree] = {}
        for hit in hits:
            name = self._name(hit.path)
            tree = trees.setdefault(name, RepositoryTree(name, self))
            found.append(Found(tree, replace(hit, path=hit.path.removeprefix(f"{name}/"))))
        return found

    def shown(self, tree: Tree, path: str) -> str:
        """Return the path of a file as the page shows it."""
        return f"{tree.label}/{path}"

    def find(self, path: str) -> tuple[Tree, str]:
        """Return the tree of an indexed file, and the path in that tree. Raises `UsageError`."""
        name = name_in(path, self._listed())
        if name is None:
            raise UsageError(f"{path} is not in the index")
        tree, inner = RepositoryTree(name, self), path.removeprefix(f"{name}/")
        tree.outline(inner)
        return tree, inner

    def states(self) -> list[State]:
        """Return one state for all repositories."""
        state = State(self.repositories.place, self.repositories.place)
        try:
            totals = [*self._listed().values()]
        except CodelodeError as error:
            return [replace(state, problem=str(error))]
        return [
            replace(
                state,
                exists=True,
                generation=max((each.generation for each in totals), default=0),
                files=sum(each.files for each in totals),
                chunks=sum(each.chunks for each in totals),
                index_bytes=sum(each.index_bytes for each in totals),
                complete=all(each.complete for each in totals),
                last_commit=max((each.updated for each in totals), default=None),
            )
        ]

    def languages(self, state: State) -> Counter[str]:
        """Return the number of files by language in all repositories. Raises `CodelodeError`."""
        numbers: Counter[str] = Counter({"": state.files})
        for each in self._listed().values():
            numbers.update(each.languages)
            numbers[""] -= sum(each.languages.values())
        return +numbers

    def names(self) -> Sequence[tuple[str, int]]:
        """Return the name of each repository, and its number of files."""
        return [(each.name, each.files) for each in self._listed().values()]

    def _name(self, path: str) -> str:
        """Return the name of a hit's repository; if it is unknown, list the repositories again.

        If it stays unknown, return the first folder of the path.
        """
        name = name_in(path, self._listed()) or name_in(path, self._listed(newly=True))
        return path.partition("/")[0] if name is None else name

    def _listed(self, newly: bool = False) -> Mapping[str, RepositoryTotals]:
        """Return the totals of all repositories by name; they may be seconds old unless `newly`."""
        with self._lock:
            if newly or time.monotonic() - self._listed_at > TOTALS_SECONDS:
                self._totals = {each.name: each for each in self.repositories.totals()}
                self._listed_at = time.monotonic()
            return self._totals
