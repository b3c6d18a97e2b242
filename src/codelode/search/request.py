"""A search request: the query as given, with its options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from codelode import arguments

Mode = Literal["hybrid", "semantic", "lexical"]
MODES: tuple[Mode, ...] = ("hybrid", "semantic", "lexical")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query and its options: the arguments of `Index.answer`, checked.

    A single language or glob may be given as a plain string. `below` is a folder of the tree, with
    a final slash, to which the search is restricted. Hits with a score below `threshold` are left
    out. Raises `UsageError` for arguments of a wrong
    type or value.
    """

    query: str
    limit: int = 10
    mode: Mode = "hybrid"
    languages: Sequence[str] | str | None = ()
    globs: Sequence[str] | str | None = ()
    explain: bool = False
    below: str = ""
    threshold: float | None = None

    def __post_init__(self) -> None:
        arguments.string("the query", self.query)
        arguments.choice("the mode", self.mode, MODES)
        arguments.flag("explain", self.explain)
        if self.threshold is not None:
            arguments.number("the threshold", self.threshold)
        for name, value in (
            ("limit", arguments.whole_number("the number of hits", self.limit, least=1)),
            ("languages", arguments.strings("languages", self.languages)),
            ("globs", arguments.strings("globs", self.globs)),
        ):
            object.__setattr__(self, name, value)
