"""Definitions by name, by kind or by file, from the tables of indexes alone."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from codelode.discover.glob import GlobSet
from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.filters import allowed_files
from codelode.search.source import Source
from codelode.search.staleness import staleness
from codelode.search.symbol_finder import Found, SymbolFinder
from codelode.search.symbol_query import SymbolRequest, parse_name
from codelode.search.tree_part import WHOLE
from codelode.segment.schema import path_hash
from codelode.types import SymbolHit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from codelode.search.shard import Shard


def find_symbols(sources: Sequence[Source], request: SymbolRequest) -> list[tuple[int, SymbolHit]]:
    """Return the definitions that a request asks for, best first, each with its source's number.

    Without a name, they are in the order of paths and lines. If no definition has the name, returns
    those whose names begin with it, or else those whose names are one or two typing errors away.
    Paths begin with the prefixes of the shards.

    Raises `UsageError` for a bad name, kind, language or glob, and `DamagedError`.
    """
    query = parse_name(request.name) if request.name else None
    finder = SymbolFinder(sources, request)
    with SEARCH_LOCK.held(), ExitStack() as stack:
        for source in sources:
            stack.enter_context(source.shard.snapshot.damage_explained())
            stack.enter_context(source.shard.snapshot.held())
        finder.check_kinds()
        if query is None:
            found = finder.listed()
        elif query.is_prefix:
            found = finder.beginning_with(query)
        else:
            named = finder.named(query)
            if not named and not request.exact:
                named = list(islice(finder.beginning_with(query), request.limit))
                named = named or finder.misspelled(query)
            found = iter(named)
        return _hits(sources, islice(found, request.limit))


def file_outline(shard: Shard, root: Path, path: str) -> list[SymbolHit] | None:
    """Return the definitions of a file, in document order; None if the file is not in the index.

    Raises `DamagedError`.
    """
    snapshot = shard.snapshot
    with SEARCH_LOCK.held(), snapshot.damage_explained(), snapshot.held():
        for number, live in enumerate(snapshot.segments):
            rows = np.flatnonzero(live.segment.files["path_hash"] == np.uint64(path_hash(path)))
            for row in allowed_files(live, rows, (), GlobSet(()), WHOLE).tolist():
                records = live.segment.definitions.records_of_file(row)
                found = (Found((), 0, number, each, None) for each in records)
                return [hit for _, hit in _hits([Source(shard, root)], found)]
    return None


def _hits(sources: Sequence[Source], found: Iterable[Found]) -> list[tuple[int, SymbolHit]]:
    """Return definitions as hits; each file is looked at once to tell whether it is stale."""
    stale: dict[tuple[int, int, int], bool] = {}
    hits = []
    for _, origin, number, (file, place, definition), match in found:
        shard, root = sources[origin].shard, sources[origin].root
        live = shard.snapshot.segments[number]
        key = origin, number, file
        if key not in stale:
            path = live.segment.path(file)
            stale[key] = root is not None and staleness(root, path, live, file).stale
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
            stale=stale[key],
        )
        hits.append((origin, hit))
    return hits
