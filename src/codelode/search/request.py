"""A search request: the query as it was asked, with its options."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import index as integer
from typing import Any, Literal

from codelode.errors import UsageError

Mode = Literal["hybrid", "semantic", "lexical"]
MODES: tuple[Mode, ...] = ("hybrid", "semantic", "lexical")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query and its options: the arguments of `Index.answer`.

    A single language or glob may be given as a plain string. `below` is a folder of the tree, with
    a final slash, to which the search is restricted. Raises `UsageError` for arguments of a wrong
    type or value.
    """

    query: str
    limit: int = 10
    mode: Mode = "hybrid"
    languages: Sequence[str] | None = None
    globs: Sequence[str] | None = None
    explain: bool = False
    below: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.query, str):
            raise UsageError(f"the query must be a string, not {self.query!r}")
        try:
            limit = integer(self.limit)
        except TypeError:
            raise UsageError(f"the number of hits must be an integer, not {self.limit!r}") from None
        if limit < 1:
            raise UsageError(f"the number of hits must be at least 1, not {limit}")
        if self.mode not in MODES:
            raise UsageError(f"unknown mode {self.mode!r}: choose from {', '.join(MODES)}")
        set_field = object.__setattr__  # the dataclass is frozen
        set_field(self, "limit", limit)
        set_field(self, "languages", _strings("languages", self.languages))
        set_field(self, "globs", _strings("globs", self.globs))

    def plain(self) -> list[Any]:
        """Return the arguments as JSON types."""
        lists = (None if names is None else list(names) for names in (self.languages, self.globs))
        return [self.query, self.limit, self.mode, *lists, bool(self.explain)]


def _strings(name: str, values: object) -> tuple[str, ...] | None:
    """Return some strings, or the only one, as a tuple. Raises `UsageError` for anything else."""
    if values is None:
        return None
    if isinstance(values, str):
        return (values,)
    if isinstance(values, Iterable):
        listed = tuple(values)
        if all(isinstance(value, str) for value in listed):
            return listed
    raise UsageError(f"{name} must be strings, not {values!r}")
