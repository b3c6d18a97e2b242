"""A search request: the query as it was asked, with its options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index as integer
from typing import Any, Literal

from codelode.errors import UsageError

Mode = Literal["hybrid", "semantic", "lexical"]
MODES: tuple[Mode, ...] = ("hybrid", "semantic", "lexical")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query and its options: the arguments of `Index.answer`.

    `below` is a folder of the tree, with a final slash, to which the search is restricted.
    """

    query: str
    limit: int = 10
    mode: Mode = "hybrid"
    languages: Sequence[str] | None = None
    globs: Sequence[str] | None = None
    explain: bool = False
    below: str = ""

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise UsageError(f"the number of hits must be at least 1, not {self.limit}")
        if self.mode not in MODES:
            raise UsageError(f"unknown mode {self.mode!r}: choose from {', '.join(MODES)}")

    def plain(self) -> list[Any]:
        """Return the arguments as JSON types. Raises `TypeError` if one is of a wrong type."""
        lists = (None if names is None else list(names) for names in (self.languages, self.globs))
        return [self.query, integer(self.limit), self.mode, *lists, bool(self.explain)]
