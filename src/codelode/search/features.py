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
from codelode.search.file_features import FilesOfSegments, features_of_files
from codelode.search.file_query import file_weights
from codelode.search.name_match import shares_in_query
from codelode.search.named import grades_of
from codelode.text.csr import group_starts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.context import QueryContext
    from codelode.search.gathered import Gathered
    from codelode.search.lexical import Bm25
    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment

_JOINED = 0.7
"""The score of `getUrl` for the query `get_url`; the name itself scores 1."""


def fill_features(gathered: Gathered, shard: Shard, context: QueryContext, bm25: Bm25) -> None:
    """Fill in all arrays but the proposals, "as_written" and the features that `rank` sets."""
    segments, ordinals = split_keys(gathered.keys)
    bounds = [*group_starts(segments).tolist(), len(segments)]
    names: list[bytes] = []
    tables = []
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
            # If the compound occurs as text, only the exact definition is worth more than its uses.
            strict = context.has_compound
            mine.feature("named")[:] = grades_of(shard, number, context.name, chunks, strict)
        if context.query.names:
            mine.feature("defines")[:] = _defines(segment, context, chunks)
        names += segment.symbols(chunks)
        tables.append(table)
    gathered.feature("symbol_exact")[:] = shares_in_query(names, context.share_of_term)
    gathered.feature("coverage")[:] = (gathered.covered * context.share).sum(axis=1)
    if tables:
        _fill_from_files(gathered, shard, context, tables)


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
            if not len(chunks):
                break  # the exact name would have been among these
            np.maximum(defines, worth * np.isin(ordinals, chunks), out=defines)
    return defines


def _fill_from_files(
    gathered: Gathered, shard: Shard, context: QueryContext, tables: Sequence[NDArray[np.void]]
) -> None:
    """Fill in the features that depend on the files; `tables` are the chunks' rows.

    All segments are done together: numpy takes as long for a few files as for a few hundred.
    """
    firsts = group_starts(gathered.files)
    row_of_file = np.repeat(np.arange(len(firsts)), np.diff(np.append(firsts, len(gathered))))
    files = FilesOfSegments(shard, gathered.files[firsts])
    for name, column in features_of_files(files, context).items():
        gathered.feature(name)[:] = column[row_of_file]
    if context.query.files:
        table = np.concatenate(tables)
        weights = file_weights(context.query.files, files.paths, table, row_of_file)
        gathered.feature("file")[:] = weights
