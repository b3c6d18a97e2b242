"""A search request: the query as given, with its options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict, TypeVar

from codelode import arguments
from codelode.errors import UsageError
from codelode.search.tree_part import TreePart

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from codelode.search.verbatim import Required

T = TypeVar("T")
Mode = Literal["hybrid", "semantic", "lexical"]
MODES: tuple[Mode, ...] = ("hybrid", "semantic", "lexical")


class SearchOptions(TypedDict, total=False):
    """The options that only restrict or explain an answer: see `Index.answer`."""

    languages: Sequence[str] | str | None
    globs: Sequence[str] | str | None
    explain: bool
    fixed_strings: Sequence[str] | str | None
    regex: Sequence[str] | str | None
    ignore_case: bool
    threshold: float | None
    changed: str | None
    since: str | float | datetime | None
    max_per_file: int | None


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query and its options: the arguments of `Index.answer`, checked.

    A single language or glob may be given as a plain string. `below` is a folder of the tree, with
    a final slash, to which the search is restricted. Hits with a score below `threshold` are left
    out. A `threshold` of 0 leaves no candidate out, even if it is hardly related to the query. With
    `changed`, only files that differ from this git revision are searched. With `since`, only files
    that were modified then or later are searched; it is kept as seconds since the epoch.
    `max_per_file` is the largest number of hits from one file.

    With `fixed_strings` or `regex`, only chunks that match at least one of these patterns are
    searched, and the query may be empty. Regular expressions have the syntax of RE2. With
    `ignore_case`, upper and lower case match each other.

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
    changed: str | None = None
    since: str | float | datetime | None = None
    max_per_file: int | None = None

    def __post_init__(self) -> None:
        arguments.string("the query", self.query)
        arguments.choice("the mode", self.mode, MODES)
        arguments.flag("explain", self.explain)
        arguments.flag("ignore_case", self.ignore_case)
        if self.changed is not None:
            arguments.string("the revision", self.changed)
        for name, value in (
            ("since", moment(self.since)),
            ("threshold", _or_none(arguments.number, "the threshold", self.threshold)),
            ("max_per_file", _or_none(_at_least_one, "max_per_file", self.max_per_file)),
            ("limit", arguments.whole_number("the number of hits", self.limit, least=1)),
            ("languages", arguments.strings("languages", self.languages)),
            ("globs", arguments.strings("globs", self.globs)),
            ("fixed_strings", arguments.strings("fixed_strings", self.fixed_strings)),
            ("regex", arguments.strings("regex", self.regex)),
        ):
            object.__setattr__(self, name, value)

    @property
    def since_ns(self) -> int | None:
        """The time of `since` in ns since the epoch."""
        return int(self.since * 1e9) if isinstance(self.since, float) else None

    @property
    def part(self) -> TreePart:
        """The part of the tree that is searched.

        Raises `UsageError` for a request with `changed`, which needs the git worktree.
        """
        if self.changed is not None:
            raise UsageError("only the machine that has the tree knows which files have changed")
        return TreePart((self.below,), since=self.since_ns)

    @property
    def patterns(self) -> Required:
        """The patterns, of which at least one must match; may be empty. Raises `UsageError`."""
        if not self.fixed_strings and not self.regex:
            return ()
        from codelode.search.verbatim import patterns_of  # few searches have patterns

        return patterns_of(self.fixed_strings or (), self.regex or (), self.ignore_case)


def _or_none(check: Callable[[str, object], T], name: str, value: object) -> T | None:
    """Return what `check` makes of a value; None for None."""
    return None if value is None else check(name, value)


def _at_least_one(name: str, value: object) -> int:
    return arguments.whole_number(name, value, least=1)


def moment(value: object) -> float | None:
    """Return a point in time as seconds since the epoch; None for None. Raises `UsageError`.

    `value` is such a number, a `datetime` (local if it has no time zone), text, or None.
    """
    if value is None:
        return None
    from datetime import datetime  # few searches have a date

    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, str):
        from codelode.dates import parse_date

        return parse_date(value).timestamp()
    return arguments.number("since", value)
