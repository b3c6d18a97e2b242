"""A search request: the query as given, with its options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

from codelode import arguments

if TYPE_CHECKING:
    from codelode.search.verbatim import Required

Mode = Literal["hybrid", "semantic", "lexical"]
MODES: tuple[Mode, ...] = ("hybrid", "semantic", "lexical")


class SearchOptions(TypedDict, total=False):
    """The options of `Index.answer` that only restrict or explain: see there."""

    languages: Sequence[str] | str | None
    globs: Sequence[str] | str | None
    explain: bool
    fixed_strings: Sequence[str] | str | None
    regex: Sequence[str] | str | None
    ignore_case: bool
    threshold: float | None


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query and its options: the arguments of `Index.answer`, checked.

    A single language or glob may be given as a plain string. `below` is a folder of the tree, with
    a final slash, to which the search is restricted. Hits with a score below `threshold` are left
    out.

    With `fixed_strings` or `regex`, in the syntax of RE2, only chunks that match any of these are
    searched, in any case with `ignore_case`. The query may then be empty.

    Raises `UsageError` for arguments of a wrong type or value.
    """

    query: str = ""
    limit: int = 10
    mode: Mode = "hybrid"
    languages: Sequence[str] | str | None = ()
    globs: Sequence[str] | str | None = ()
    explain: bool = False
    below: str = ""
    fixed_strings: Sequence[str] | str | None = ()
    regex: Sequence[str] | str | None = ()
    ignore_case: bool = False
    threshold: float | None = None

    def __post_init__(self) -> None:
        arguments.string("the query", self.query)
        arguments.choice("the mode", self.mode, MODES)
        arguments.flag("explain", self.explain)
        arguments.flag("ignore_case", self.ignore_case)
        if self.threshold is not None:
            arguments.number("the threshold", self.threshold)
        for name, value in (
            ("limit", arguments.whole_number("the number of hits", self.limit, least=1)),
            ("languages", arguments.strings("languages", self.languages)),
            ("globs", arguments.strings("globs", self.globs)),
            ("fixed_strings", arguments.strings("fixed_strings", self.fixed_strings)),
            ("regex", arguments.strings("regex", self.regex)),
        ):
            object.__setattr__(self, name, value)

    @property
    def patterns(self) -> Required:
        """The patterns of which one must match; empty if there are none. Raises `UsageError`."""
        if not self.fixed_strings and not self.regex:
            return ()
        from codelode.search.verbatim import patterns_of  # few searches have any

        return patterns_of(self.fixed_strings or (), self.regex or (), self.ignore_case)
