"""A search, start to end, on one machine."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from codelode.embed.encoder import knows
from codelode.metrics import timed
from codelode.search.context import QueryContext, Statistics
from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.gather import gather, masks_of
from codelode.search.hits import texts
from codelode.search.language_words import without_language
from codelode.search.lexical import TermPostings
from codelode.search.parsed_query import nothing_to_look_for, parse_request
from codelode.search.rank import finish, is_cut_off
from codelode.search.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from codelode.embed.encoder import Encoder
    from codelode.search.gathered import Gathered
    from codelode.search.parsed_query import ParsedQuery
    from codelode.search.rank import Ranked
    from codelode.search.request import SearchRequest
    from codelode.search.shard import Shard
    from codelode.search.tree_part import TreePart
    from codelode.types import Hit


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a search, best first, and for each the number of the index that it comes from.

    `left_out` is as in `Ranked`, `matching` as in `Answer`.
    """

    hits: list[Hit]
    indexes: list[int]
    left_out: int = 0
    matching: int | None = None


def search(
    shard: Shard,
    encoder: Encoder | None,
    root: Path | None,
    request: SearchRequest,
    part: TreePart | None = None,
) -> Found:
    """Return the best hits of a whole index. `encoder` may be None in lexical mode.

    Files below `root` are looked at only to mark the hits that are stale; without a root, no hit is
    marked. `part` restricts the search to a part of the tree; without it, the request says which
    folder to search.

    Raises `UsageError` for an empty query or bad filters, `DamagedError` for a damaged index.
    """
    return search_all([Source(shard, root, part)], encoder, request)


def search_all(sources: Sequence[Source], encoder: Encoder | None, request: SearchRequest) -> Found:
    """Return the best hits of several indexes in one ranking.

    The statistics are those of all indexes together. Raises what `search` does.
    """
    with SEARCH_LOCK.held(), ExitStack() as stack:
        for source in sources:
            stack.enter_context(source.shard.snapshot.damage_explained())
            stack.enter_context(source.shard.snapshot.held())
        context, terms = _prepare_all([source.shard for source in sources], encoder, request)

        def gather_all(context: QueryContext) -> list[Gathered]:
            return [
                gather(source.shard, context, postings, source.part)
                for source, postings in zip(sources, terms, strict=True)
            ]

        ranked, context = rank_all(gather_all, context)
        with timed("text"):
            found: dict[int, tuple[int, Hit]] = {}
            for number, source in enumerate(sources):
                rows, mine = ranked.of_shard(number)
                hits = texts(source.shard, mine, context, source.root)
                found.update(
                    (row, (number, hit)) for row, hit in zip(rows.tolist(), hits, strict=True)
                )
            ordered = [found[row] for row in range(len(ranked))]
            return Found(
                [hit for _, hit in ordered],
                [number for number, _ in ordered],
                ranked.left_out,
                _matching(sources, context),
            )


def _matching(sources: Sequence[Source], context: QueryContext) -> int | None:
    """Return how many chunks pass the filters and match the text that must occur.

    Returns None if no text must occur.
    """
    if not context.query.required:
        return None
    return sum(
        len(source.shard.segment(number).chunks) if mask is None else len(mask)
        for source in sources
        for number, mask in enumerate(masks_of(source.shard, context, source.part))
    )


def rank_all(
    gather_all: Callable[[QueryContext], Sequence[Gathered]], context: QueryContext
) -> tuple[Ranked, QueryContext]:
    """Return the chunks to show, and the context that found them.

    `gather_all` returns the candidates of all shards, of which there is at least one. With
    `max_per_file`, the best chunks may be in too few files: then more candidates are gathered.
    Raises `UsageError` if the query has nothing to look for.
    """
    while True:
        gathered = gather_all(context)
        if not any(map(len, gathered)) and not context.query.terms and not context.query.required:
            raise nothing_to_look_for(context.query.text)
        with timed("rank"):
            ranked = finish(gathered, context)
        deeper = context.deeper()
        enough = len(ranked) >= context.request.limit or not is_cut_off(gathered, context.limit)
        if enough or deeper is None:
            return ranked, context
        context = deeper


def prepare(
    shard: Shard, encoder: Encoder | None, request: SearchRequest
) -> tuple[QueryContext, TermPostings]:
    """Return the context of a search of a whole index, and the postings of the query's terms.

    The caller holds the snapshot. Raises `UsageError`.
    """
    context, (terms,) = _prepare_all([shard], encoder, request)
    return context, terms


def _prepare_all(
    shards: Sequence[Shard], encoder: Encoder | None, request: SearchRequest
) -> tuple[QueryContext, list[TermPostings]]:
    """Return the context of a search of several whole indexes, and each index's term postings."""
    query = parse_request(request)
    if request.languages:
        request = replace(request, languages=sorted(canonical(request.languages)))
    with timed("lexical"):
        terms = [TermPostings(shard, query.counted) for shard in shards]
        manifests = [shard.snapshot.manifest for shard in shards]
        chunks = sum(manifest.chunks for manifest in manifests)
        tokens = sum(manifest.tokens for manifest in manifests)
        counted = sum((each.counts() for each in terms), np.zeros(len(query.counted), np.int64))
    context = complete_context(request, query, counted, (chunks, tokens), encoder)
    if context.query.terms != query.counted:
        with timed("lexical"):
            terms = [TermPostings(shard, context.query.terms) for shard in shards]
    return context, terms


def complete_context(
    request: SearchRequest,
    query: ParsedQuery,
    counted: NDArray[np.int64],
    totals: tuple[int, int],
    encoder: Encoder | None,
) -> QueryContext:
    """Return the context of a search, given the statistics of everything that is searched.

    `counted` int64[counted] are the counts of the terms in `query.counted`; `totals` are the
    numbers of chunks and of their terms.
    """
    chunks, tokens = totals
    query, counts = query.focused(counted, chunks)
    statistics = Statistics(chunks, tokens, counts, query.weights)
    vector = None
    if encoder and query.text and request.mode != "lexical":
        with timed("dense"):
            text = query.meaning or without_language(query.text)
            vector = encoder.encode_query(text)
            meant = statistics.counts.any() or knows(encoder, text)
            vector = vector if meant and vector.any() else None
    return QueryContext(request, query, vector, statistics)


def canonical(languages: Sequence[str]) -> set[str]:
    """Return the canonical names of languages, given by name or alias. Raises `UsageError`."""
    if not languages:
        return set()
    from codelode.discover.language import resolve  # imported late: few queries name a language

    return {resolve(name) for name in languages}
