"""The sources of a server's answers to agents: the protocol `Sources`.

Paths are as agents see them, in hits too. Trees on this machine are `roots.Roots`, the repositories
of a roster `repositories.RepositorySources`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.answers.first_index import FirstIndex
    from codelode.index import Index
    from codelode.search.request import SearchRequest
    from codelode.search.symbol_query import SymbolRequest
    from codelode.types import Hit, SymbolHit


@dataclass(frozen=True, slots=True)
class Searched:
    """The hits of a search, best first, and the states of what was searched."""

    hits: list[Hit]
    states: list[str]


class Sources(Protocol):
    """The trees or repositories that may be shown. Nothing outside of them can be named.

    Every method raises `UsageError` for a path outside of them, and the errors of an index, a
    roster or a server. An empty path means everything.
    """

    @property
    def indexes(self) -> Sequence[Index]:
        """The indexes of trees on this machine, which the server makes and keeps up to date."""

    @property
    def first(self) -> Mapping[Path, FirstIndex]:
        """The first update of each of `indexes`, by the root of the index."""

    def search(self, path: str, request: SearchRequest) -> Searched | None:
        """Search below a path, to which globs are relative.

        Returns None while there is nothing to search.
        """

    def symbols(self, path: str, request: SymbolRequest) -> list[SymbolHit]:
        """Return definitions below a path."""

    def outline(self, path: str) -> tuple[str, list[SymbolHit]]:
        """Return the path of a file as agents see it, and its definitions."""

    def related(self, path: str, line: int, limit: int) -> list[Hit]:
        """Return code of other files that is similar to the code at a line of a file."""

    def text(self, path: str) -> tuple[str, str]:
        """Return the path of a file as agents see it, and its text."""

    def states(self) -> list[str]:
        """Return a short text for the state of each index, or one for the whole roster."""

    def status(self) -> list[str]:
        """Return the lines of a report: what may be shown, its state, and how paths are written."""


def globs_below(path: str, globs: Sequence[str], is_folder: Callable[[], bool]) -> list[str] | None:
    """Return globs that restrict a search to a path and to the given globs; None for no globs.

    `path` is relative to what is searched, empty for all of it. Globs without a `!` are moved below
    the path, so that both restrictions hold; if the path is a file, they are dropped.
    """
    if not path:
        return [*globs] or None
    below = "/" + "".join(f"\\{char}" if char in "\\*?[]{}!" else char for char in path)
    excluding = [each for each in globs if each.startswith("!")]
    including = [each for each in globs if not each.startswith("!")]
    if not including or not is_folder():
        return [below, *excluding]
    return [*(_moved(below, each) for each in including), *excluding]


def _moved(below: str, glob: str) -> str:
    glob = glob.removeprefix("./")
    anchored = "/" in glob.removesuffix("/")
    return f"{below}/{glob.removeprefix('/') if anchored else f'**/{glob}'}"
