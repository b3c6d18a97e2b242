"""A search, start to end, on one machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.metrics import timed
from codelode.search.context import QueryContext, Statistics
from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.gather import gather
from codelode.search.hits import texts
from codelode.search.lexical import TermPostings
from codelode.search.parsed_query import nothing_to_look_for, parse_request
from codelode.search.rank import finish

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from codelode.embed.encoder import Encoder
    from codelode.search.request import SearchRequest
    from codelode.search.shard import Shard
    from codelode.types import Hit


def search(shard: Shard, encoder: Encoder | None, root: Path, request: SearchRequest) -> list[Hit]:
    """Return the best hits of a whole index, best first. `encoder` may be None in lexical mode.

    Files below `root` are looked at only to mark the hits that are stale.

    Raises `UsageError` for an empty query or bad filters, `DamagedError` for a damaged index.
    """
    snapshot = shard.snapshot
    with SEARCH_LOCK.held(), snapshot.damage_explained(), snapshot.held():
        context, terms = prepare(shard, encoder, request)
        gathered = gather(shard, context, terms)
        if not len(gathered) and not context.query.terms and not context.query.required:
            raise nothing_to_look_for(context.query.text)
        with timed("rank"):
            ranked = finish([gathered], context)
        with timed("text"):
            return texts(shard, ranked, context, root)


def prepare(
    shard: Shard, encoder: Encoder | None, request: SearchRequest
) -> tuple[QueryContext, TermPostings]:
    """Return the context of a search of a whole index, and the postings of the query's terms.

    The caller holds the snapshot. Raises `UsageError`.
    """
    query = parse_request(request)
    if request.languages:
        request = replace(request, languages=_canonical(request.languages))
    with timed("lexical"):
        terms = TermPostings(shard, query.counted)
        query, counts = query.focused(terms.counts(), shard.snapshot.manifest.chunks)
        if query.weights:  # a report: only some of the terms are searched for
            terms = TermPostings(shard, query.terms)
        statistics = Statistics.of(shard.snapshot.manifest, counts, query.weights)
    vector = None
    if encoder and query.text and request.mode != "lexical":
        with timed("dense"):
            vector = encoder.encode_query(query.meaning or query.text)
            vector = vector if vector.any() else None
    return QueryContext(request, query, vector, statistics), terms


def _canonical(languages: Sequence[str]) -> list[str]:
    """Return the names of languages given by names or aliases."""
    from codelode.discover.language import resolve  # imported late: few queries have it

    return [resolve(name) for name in languages]
