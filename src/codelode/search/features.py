"""The local features of candidates: those that a shard can compute by itself.

Every candidate has every feature, whichever leg proposed it. Features are comparable between
queries: cosines as they are, BM25 as a share of the best, matches as the share of the query's
weight (idf) that they cover. `rank` adds the features that need all candidates.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.candidates import chunk_keys, split_keys
from codelode.search.dense import cosines
from codelode.search.file_features import features_of_files
from codelode.search.file_query import file_weights
from codelode.search.name_match import shares_of_names
from codelode.search.named import grades_of

if TYPE_CHECKING:
    from codelode.search.context import QueryContext
    from codelode.search.gathered import Gathered
    from codelode.search.lexical import Bm25
    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment

_JOINED = 0.7
"""The score of `getUrl` for the query `get_url`; the name itself scores 1."""


def fill_features(gathered: Gathered, shard: Shard, context: QueryContext, bm25: Bm25) -> None:
    """Fill in everything but the proposals, segment by segment."""
    segments, ordinals = split_keys(gathered.keys)
    bounds = np.flatnonzero(np.diff(segments, prepend=-1, append=-1)).tolist()
    for start, stop in pairwise(bounds):
        rows, number = slice(start, stop), int(segments[start])
        mine, segment, chunks = gathered[rows], shard.segment(number), ordinals[rows]
        table = segment.chunks[chunks]
        mine.paths[:] = shard.path_hashes(number, table["file"])
        mine.starts[:] = table["start"]
        mine.files[:] = chunk_keys(number, table["file"])
        scores = bm25.weights(number, chunks)
        mine.covered[:] = scores > 0
        mine.feature("bm25")[:] = scores.sum(axis=1)
        if context.vector is not None:
            mine.feature("cosine")[:] = cosines(segment, chunks, context.vector)
        if context.name is not None:
            # Text: only the very definition is worth more than its uses.
            strict = context.has_compound
            mine.feature("named")[:] = grades_of(shard, number, context.name, chunks, strict)
        mine.feature("defines")[:] = _defines(segment, context, chunks)
        _fill_names(mine, shard, number, table, context)
    gathered.feature("coverage")[:] = (gathered.covered * context.share).sum(axis=1)


def _defines(
    segment: Segment, context: QueryContext, ordinals: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return how well chunks of a segment define a name that the query gives, float32[n].

    1 for the same name apart from case, `_JOINED` if its words are joined in another way, else 0.
    """
    defines = np.zeros(len(ordinals), np.float32)
    for name in context.query.names:
        for joined, worth in ((True, _JOINED), (False, 1.0)):
            chunks = segment.definitions.chunks_defining(name, joined)
            np.maximum(defines, worth * np.isin(ordinals, chunks), out=defines)
    return defines


def _fill_names(
    gathered: Gathered,
    shard: Shard,
    number: int,
    chunks: NDArray[np.void],
    context: QueryContext,
) -> None:
    """Fill in the features of files and symbols for chunks of one segment."""
    segment, owners = shard.segment(number), chunks["file"]
    firsts = np.flatnonzero(np.diff(owners.astype(np.int64), prepend=-1))
    files = owners[firsts]
    row_of_file = np.repeat(np.arange(len(files)), np.diff(firsts, append=len(chunks)))
    paths = shard.paths(number, files)
    for name, column in features_of_files(shard, number, files, paths, context).items():
        gathered.feature(name)[:] = column[row_of_file]
    if context.query.files:
        weights = file_weights(context.query.files, paths, chunks, row_of_file)
        gathered.feature("file")[:] = weights
    names = segment.symbols(split_keys(gathered.keys)[1])
    gathered.feature("symbol_exact")[:] = shares_of_names(names, context.share_of_term)[:, 1]
