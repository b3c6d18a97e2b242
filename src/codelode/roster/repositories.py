"""`Repositories`: many repositories, wherever they are searched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from codelode.roster.names import bad_name, folders_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from codelode.roster.records import Repository
    from codelode.search.request import SearchRequest
    from codelode.search.symbol_query import SymbolRequest
    from codelode.types import Answer, Hit, SymbolHit

_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@~/-]*[A-Za-z0-9_]")
_MOST_WORDS = 12
_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class RepositoryTotals:
    """A repository of a roster: its name, its label and its totals.

    `label` is "" if everybody may see the repository. `generation` and `complete` describe its
    index; `updated` is when the roster got this state, in seconds since the epoch. `languages`
    counts files by language, without files of unknown language.
    """

    name: str
    label: str
    files: int
    chunks: int
    index_bytes: int
    generation: int
    complete: bool
    updated: float
    languages: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, repository: Repository) -> RepositoryTotals:
        """Return the totals of a repository."""
        names = cls.__dataclass_fields__
        return cls(**{name: getattr(repository, name) for name in names})


class Repositories(Protocol):
    """The repositories of a roster that a user may see, searched by this machine or by another.

    Paths begin with the name of their repository. `globs` select some of the repositories by name.
    Every method raises `UsageError` if there is nothing to search, and the errors of a roster or a
    cluster: `ObjectStoreError`, `ClusterError`, `DamagedError`, `FormatError`,
    `MismatchError`.
    """

    @property
    def place(self) -> str:
        """The place of the roster, or the URL of the server."""

    def answer(self, request: SearchRequest, globs: Sequence[str] = ()) -> Answer:
        """Search. Raises `ModelError`, and what every method raises."""

    def symbols(self, request: SymbolRequest, globs: Sequence[str] = ()) -> list[SymbolHit]:
        """Return definitions, as `search.symbols.find_symbols` does."""

    def outline(self, path: str) -> list[SymbolHit]:
        """Return the definitions of a file. Raises `UsageError` if there is no such file."""

    def related(self, path: str, line: int, limit: int = 10) -> list[Hit]:
        """Return similar code. Raises `UsageError` if there is no code at this line."""

    def text(self, path: str) -> str:
        """Return the text of a file, as indexed. Raises `UsageError` if there is no such file."""

    def totals(self, globs: Sequence[str] = ()) -> list[RepositoryTotals]:
        """Return the repositories in the order of their names; an empty list if none match."""


def named_without_hits(query: str, answer: Answer, repositories: Repositories) -> list[str]:
    """Return the names of repositories that a query names, but that have no hit in its answer.

    A query names a repository by its name or by the last component of its name, ignoring case. If
    this word occurs in no text, it has no weight in the ranking, so the repository may be missed.
    """
    words = [*dict.fromkeys(_WORD.findall(query))][:_MOST_WORDS]
    words = [word for word in words if bad_name([word]) is None]
    if not words:
        return []
    lower = {word.lower() for word in words}
    totals = repositories.totals(sorted(lower.union(words)))
    names = [
        each.name
        for each in totals
        if not lower.isdisjoint((each.name.lower(), each.name.rpartition("/")[2].lower()))
    ]
    return [
        name
        for name in names[:_MOST_NAMES]
        if not any(hit.path.startswith(f"{name}/") for hit in answer.hits)
    ]


def name_in(path: str, names: Collection[str]) -> str | None:
    """Return the name, among `names`, of the repository that holds `path`; None if none does."""
    return next((folder for folder in folders_of(path) if folder in names), None)
