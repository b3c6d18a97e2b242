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

from codelode.search.candidate_files import CandidateFiles
from codelode.search.candidates import chunk_keys, split_keys
from codelode.search.dense import cosines_of
from codelode.search.file_features import features_of_files
from codelode.search.file_query import file_weights
from codelode.search.gathered import COLUMN, FEATURES
from codelode.search.named import grades_of
from codelode.text.csr import are_among, group_numbers, group_starts, table_rows

if TYPE_CHECKING:
    from codelode.search.context import QueryContext
    from codelode.search.dense import Products
    from codelode.search.gathered import Gathered
    from codelode.search.lexical import Bm25
    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment

_JOINED = 0.7
"""The score of `getUrl` for the query `get_url`; the name itself scores 1."""


def fill_features(
    gathered: Gathered, context: QueryContext, bm25: Bm25, products: Products | None
) -> None:
    """Fill in `gathered`, except the proposals, "as_written" and the features that `rank` sets.

    All segments are handled at once where possible: numpy takes as long for a few chunks as for a
    few hundred.
    """
    if not len(gathered):
        return
    shard = bm25.shard
    segments, ordinals = split_keys(gathered.keys)
    bounds = [*group_starts(segments).tolist(), len(segments)]
    parts = [(int(segments[start]), slice(start, stop)) for start, stop in pairwise(bounds)]
    chunks = [(shard.segment(number), ordinals[rows]) for number, rows in parts]
    table = table_rows([(segment.chunks, mine) for segment, mine in chunks])
    gathered.starts[:] = table["start"]
    gathered.files[:] = chunk_keys(segments, table["file"])
    _fill_from_files(gathered, context, shard, products, table)
    if context.vector is not None:
        gathered.feature("cosine")[:] = cosines_of(chunks, context.vector)
    for (number, rows), (segment, mine) in zip(parts, chunks, strict=True):
        scores = bm25.weights(number, mine)
        gathered.covered[rows] = scores > 0
        gathered.feature("bm25")[rows] = scores.sum(axis=1)
        if context.name is not None:
            # If the index has a compound of the query, only exact definitions rank above its uses.
            strict = context.has_compound
            grades = grades_of(shard, number, context.name, mine, strict)
            gathered.feature("named")[rows] = grades
        if context.query.names:
            gathered.feature("defines")[rows] = _defines(segment, context, mine)
    gathered.feature("coverage")[:] = (gathered.covered * context.share).sum(axis=1)


def _defines(
    segment: Segment, context: QueryContext, ordinals: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return how well chunks of a segment define a name that the query gives, float32[n].

    1 for the same name apart from case, `_JOINED` if its words are joined in another way, else 0.
    """
    defines = np.zeros(len(ordinals), np.float32)
    for name in context.query.names:
        for any_join, worth in ((True, _JOINED), (False, 1.0)):
            chunks = segment.definitions.chunks_defining(name, any_join)
            if not len(chunks):
                break  # so no chunk has the exact name
            np.maximum(defines, worth * are_among(ordinals, chunks), out=defines)
    return defines


def _fill_from_files(
    gathered: Gathered,
    context: QueryContext,
    shard: Shard,
    products: Products | None,
    table: NDArray[np.void],
) -> None:
    """Fill in the path hashes and the features that depend on files; set other features to 0.

    `table` are the candidates' rows of the table of chunks.
    """
    row_of_file = group_numbers(gathered.files)
    files = CandidateFiles(shard, gathered.files[group_starts(row_of_file)])
    gathered.paths[:] = files.path_hashes()[row_of_file]
    features = np.zeros((len(files.paths), len(FEATURES)), np.float32)
    for name, column in features_of_files(files, context, products).items():
        features[:, COLUMN[name]] = column
    features.take(row_of_file, axis=0, out=gathered.features)
    if context.query.files:
        weights = file_weights(context.query.files, files.paths, table, row_of_file)
        gathered.feature("file")[:] = weights
