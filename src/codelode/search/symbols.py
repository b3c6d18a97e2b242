"""Definitions by name or by kind: the global half of the lookup, over all shards.

Shards look for definitions in stages: first for the name; if no shard has it, for names that begin
with it, or that match it if it is a glob; if there are none either, for misspelled names.
`symbol_finder` is the local half of the
lookup, in one shard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

from codelode import arguments
from codelode.errors import UsageError
from codelode.nearest import nearest
from codelode.search.symbol_query import SymbolRequest, parse_name

if TYPE_CHECKING:
    from codelode.search.symbol_hits import OrderedHit
    from codelode.types import SymbolHit

_COMMON_KINDS = frozenset("class constant enum function interface macro method struct type".split())
"""Kinds that may be asked for even where no definition has them."""

Stage = Literal["listed", "named", "beginning", "misspelled"]
STAGES: tuple[Stage, ...] = ("listed", "named", "beginning", "misspelled")


@dataclass(frozen=True, slots=True)
class SymbolPart:
    """The best definitions of some shards in one stage, and all kinds that occur in these shards.

    Without kinds in the request, `kinds` is empty.
    """

    found: Sequence[OrderedHit]
    kinds: frozenset[str] = frozenset()


def find_symbols(
    ask: Callable[[Stage], Iterable[SymbolPart]], request: SymbolRequest
) -> list[SymbolHit]:
    """Return the definitions that a request asks for, the best first.

    `ask` returns the definitions of a stage in all shards. If the request has no name, the result
    is in the order of paths and lines. If no definition has the name and the request is not
    `exact`, returns those whose names begin with it, or else those whose names are one or two
    typing errors away.

    Raises `UsageError` for a bad name, kind, language or glob, and `DamagedError`.
    """
    for stage in _stages(request):
        parts = [*ask(stage)]
        _check_kinds(request.kinds or (), parts)
        found = sorted((each for part in parts for each in part.found), key=attrgetter("order"))
        if stage in ("named", "misspelled"):
            found = [each for each in found if each.order[0] == found[0].order[0]]
        if found:
            return [each.hit for each in found[: request.limit]]
    return []


def _stages(request: SymbolRequest) -> Sequence[Stage]:
    if not request.name:
        return ("listed",)
    query = parse_name(request.name)
    if query.is_prefix:
        return ("beginning",)
    if query.is_glob:  # names may have stars: `*print-length*` in Lisp
        return ("named", "beginning")
    return ("named",) if request.exact else ("named", "beginning", "misspelled")


def _check_kinds(wanted: Iterable[str], parts: Iterable[SymbolPart]) -> None:
    """Raise `UsageError` for a kind that is unknown."""
    known = _COMMON_KINDS.union(*(part.kinds for part in parts))
    for kind in sorted({kind.lower() for kind in wanted} - known):
        near = nearest(kind, sorted(known))
        advice = f"did you mean {near}?" if near else f"known are {', '.join(sorted(known))}"
        raise UsageError(f"unknown kind {arguments.shown(kind)}: {advice}")
