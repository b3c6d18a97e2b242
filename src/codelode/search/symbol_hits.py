"""Definitions as hits, with the order that they have in an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from codelode.search.staleness import staleness
from codelode.types import SymbolHit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from codelode.search.shard import Shard
    from codelode.segment.definition_lookup import DefinitionRecord


class Found(NamedTuple):
    """A definition on its way to a hit.

    `order` sorts the definitions of an answer. It has texts and numbers only, and does not depend
    on how files are spread over segments.
    """

    order: tuple[Any, ...]
    segment: int
    record: DefinitionRecord
    match: str | None


class OrderedHit(NamedTuple):
    """A definition as a hit, and its `order` among all hits."""

    order: tuple[Any, ...]
    hit: SymbolHit


def as_hits(shard: Shard, root: Path | None, found: Iterable[Found]) -> list[OrderedHit]:
    """Return definitions as hits, in the given order.

    Each file below `root` is checked only once for staleness; without a root, no hit is stale.
    """
    stale: dict[tuple[int, int], bool] = {}
    hits = []
    for order, number, (file, place, definition), match in found:
        live = shard.snapshot.segments[number]
        if (number, file) not in stale:
            inside = live.segment.path(file)
            stale[number, file] = root is not None and staleness(root, inside, live, file).stale
        hit = SymbolHit(
            path=shard.path(number, file),
            line=definition.name_line,
            start_line=definition.start_line,
            end_line=definition.end_line,
            name=definition.name,
            symbol=live.segment.definitions.qualified_name(file, place),
            kind=definition.kind,
            language=live.segment.language(file),
            depth=live.segment.definitions.depth(file, place),
            declaration=definition.declaration,
            match=match,
            stale=stale[number, file],
        )
        hits.append(OrderedHit(order, hit))
    return hits
