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
from codelode.search.file_query import file_weights
from codelode.search.file_roles import ROLES, roles_of_files
from codelode.search.name_match import shares_of_names, shares_of_paths

if TYPE_CHECKING:
    from codelode.search.context import QueryContext
    from codelode.search.gathered import Gathered
    from codelode.search.lexical import Bm25
    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment

_JOINED = 0.7
"""The score of `getUrl` for the query `get_url`; the name itself scores 1."""

_PROSE = frozenset(
    "markdown rst text json yaml toml ini xml html css csv svg properties diff make cmake"
    " dockerfile asciidoc ignore-list".split()
)


def fill_features(gathered: Gathered, shard: Shard, context: QueryContext, bm25: Bm25) -> None:
    """Fill in everything but the proposals, segment by segment."""
    segments, ordinals = split_keys(gathered.keys)
    bounds = np.flatnonzero(np.diff(segments, prepend=-1, append=-1)).tolist()
    for start, stop in pairwise(bounds):
        rows, number = slice(start, stop), int(segments[start])
        mine, segment, chunks = gathered[rows], shard.segment(number), ordinals[rows]
        table = segment.chunks[chunks]
        mine.paths[:] = segment.files["path_hash"][table["file"]]
        mine.starts[:] = table["start"]
        mine.files[:] = chunk_keys(number, table["file"])
        scores = bm25.weights(number, chunks)
        mine.covered[:] = scores > 0
        mine.feature("bm25")[:] = scores.sum(axis=1)
        if context.vector is not None:
            mine.feature("cosine")[:] = cosines(segment, chunks, context.vector)
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
    """Fill in the features of paths, languages and symbols for chunks of one segment."""
    segment, owners = shard.segment(number), chunks["file"]
    firsts = np.flatnonzero(np.diff(owners.astype(np.int64), prepend=-1))
    lengths = np.diff(firsts, append=len(chunks))
    files = owners[firsts]
    paths = segment.pieces(
        "paths", segment.files["path_start"][files], segment.files["path_length"][files]
    )
    share_of_term = context.share_of_term
    shares = np.repeat(shares_of_paths(paths, share_of_term), lengths, axis=0)
    for name, column in zip(("path", "stem", "stem_exact"), shares.T, strict=True):
        gathered.feature(name)[:] = column
    if context.query.files:
        rows = np.repeat(np.arange(len(files)), lengths)
        gathered.feature("file")[:] = file_weights(context.query.files, paths, chunks, rows)
    roles = np.repeat(roles_of_files(shard.file_roles[number], files, paths), lengths)
    for bit, name in enumerate(ROLES):
        gathered.feature(name)[:] = roles >> bit & 1
    prose = np.array([True, *(name in _PROSE for name in segment.languages)])  # 0: no language
    gathered.feature("prose")[:] = np.repeat(prose[segment.files["language"][files]], lengths)
    names = segment.symbols(split_keys(gathered.keys)[1])
    for name, column in zip(
        ("symbol", "symbol_exact"), shares_of_names(names, share_of_term).T, strict=True
    ):
        gathered.feature(name)[:] = column
