"""The local half of the ranking: the candidates of one shard.

`count` returns the statistics of a shard that BM25 needs. `gather` finds candidates and computes
their local features. Both results are plain data that can be sent over a wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.metrics import timed
from codelode.search.as_written import is_name_of_parts
from codelode.search.candidates import Candidates, TopK
from codelode.search.dense import Products, dense_scan
from codelode.search.features import fill_features
from codelode.search.file_query import chunks_of_files
from codelode.search.filters import Mask, chunk_masks
from codelode.search.gathered import Gathered
from codelode.search.lexical import Bm25, TermPostings
from codelode.search.near_names import near_names
from codelode.search.text_features import copy_text_features, text_features
from codelode.text.csr import distinct

if TYPE_CHECKING:
    from codelode.search.context import QueryContext
    from codelode.search.shard import Shard
    from codelode.search.tree_part import TreePart
    from codelode.segment.reader import Segment


_NO_KEYS = np.zeros(0, np.int64)


def count(shard: Shard, terms: Sequence[str]) -> NDArray[np.int64]:
    """Return the number of live chunks that each term occurs in, int64[terms]."""
    return TermPostings(shard, terms).counts()


def gather(
    shard: Shard,
    context: QueryContext,
    terms: TermPostings | None = None,
    part: TreePart | None = None,
) -> Gathered:
    """Return the candidates of a shard with their local features.

    `terms` are the postings of the query's terms, if they were looked up before. `part` restricts
    the search instead of the request's `below`. The caller holds the snapshot. Raises `UsageError`
    for a bad glob.
    """
    with timed("filter"):
        masks = masks_of(shard, context, part)
    with timed("lexical"):
        terms = terms or TermPostings(shard, context.query.terms)
        bm25 = Bm25(terms, context.statistics)
    products = None if context.vector is None else Products(shard, context.vector)
    proposed, read = _propose(context, bm25, masks, products)
    with timed("rank"):
        found = [(proposer, each) for proposer, each in enumerate(proposed) if len(each)]
        keys = distinct(np.concatenate([_NO_KEYS, *(candidates.keys for _, candidates in found)]))
        gathered = Gathered.empty(keys, len(terms))
        for proposer, candidates in found:
            gathered.proposals[keys.searchsorted(candidates.keys), proposer] = candidates.scores
        fill_features(gathered, context, bm25, products)
        if read is not None:
            copy_text_features(read, gathered)
        return gathered


def masks_of(shard: Shard, context: QueryContext, part: TreePart | None) -> list[Mask]:
    """Return the mask of each segment for a request: see `gather`, and `filters.chunk_masks`."""
    request, required = context.request, context.query.required
    return chunk_masks(shard, request.languages, request.globs, part or request.part, required)


def _propose(
    context: QueryContext, bm25: Bm25, masks: Sequence[Mask], products: Products | None
) -> tuple[list[Candidates], Gathered | None]:
    """Return the candidates of each of `PROPOSERS`, and the result of `text_features`.

    The result of `text_features` is None in semantic mode. The texts are read while idle cores scan
    the codes.
    """
    matching = _matches(context, bm25.shard, masks)
    if products is None:
        by_words, read = _propose_by_words(context, bm25, masks)
        return [Candidates.none(), *by_words, matching], read
    with timed("dense"), dense_scan(products, masks, context.limit) as nearest:
        by_words, read = _propose_by_words(context, bm25, masks)
    return [nearest.result(), *by_words, matching], read


def _propose_by_words(
    context: QueryContext, bm25: Bm25, masks: Sequence[Mask]
) -> tuple[list[Candidates], Gathered | None]:
    if context.request.mode == "semantic":
        return [Candidates.none()] * 4, None
    with timed("lexical"):
        lexical = bm25.best(masks, context.limit)
        definitions = _definitions(context, bm25, masks)
        files = _files(context, bm25.shard, masks)
        near = Candidates.none() if len(definitions) else near_names(bm25.shard, context, masks)
    with timed("rank"):
        if len(definitions) and is_name_of_parts(context):
            return [lexical, definitions, files, near], None  # `rank` would ignore the texts
        return [lexical, definitions, files, near], text_features(lexical, context, bm25)


def _definitions(context: QueryContext, bm25: Bm25, masks: Sequence[Mask]) -> Candidates:
    """Return the best chunks that define a name the query gives."""
    names = [*context.query.names]
    if context.name is not None:
        names += [name for name in (context.name.name, *context.name.scopes) if name not in names]
    if not names:
        return Candidates.none()
    shard = bm25.shard
    best = TopK(context.limit, shard.places)
    for number, mask in enumerate(masks):
        ordinals = _defining(shard.segment(number), names)
        if mask is not None and len(ordinals):
            ordinals = mask.keep(ordinals)
        if len(ordinals):
            best.offer(number, bm25.weights(number, ordinals).sum(axis=1), ordinals)
    return best.result()


def _files(context: QueryContext, shard: Shard, masks: Sequence[Mask]) -> Candidates:
    """Return chunks of the files that the query asks for by their paths."""
    if not context.query.files:
        return Candidates.none()
    best = TopK(context.limit, shard.places)
    for mention in context.query.files:
        for number, mask in enumerate(masks):
            ordinals = chunks_of_files(shard, number, mention)
            ordinals = ordinals if mask is None else mask.keep(ordinals)
            best.offer(number, np.full(len(ordinals), mention.weight, np.float32), ordinals)
    return best.result()


def _matches(context: QueryContext, shard: Shard, masks: Sequence[Mask]) -> Candidates:
    """Return chunks that match the patterns of a request that has no query."""
    if not context.query.only_patterns:
        return Candidates.none()
    best = TopK(context.limit, shard.places)
    for number, mask in enumerate(masks):
        ordinals = np.arange(len(shard.segment(number).chunks))
        ordinals = ordinals if mask is None else mask.keep(ordinals)
        best.offer(number, np.zeros(len(ordinals), np.float32), ordinals)
    return best.result()


def _defining(segment: Segment, names: Sequence[str]) -> NDArray[np.int64]:
    """Return the chunks, ascending, that define a name in any spelling: `getUrl` or `get_url`."""
    chunks = [segment.definitions.chunks_defining(name, joined=True) for name in names]
    return distinct(np.concatenate(chunks)) if chunks else np.zeros(0, np.int64)
