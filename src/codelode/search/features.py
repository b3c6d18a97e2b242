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
from codelode.search.file_means import mean_cosines, sampled_chunks
from codelode.search.file_query import file_weights
from codelode.search.file_roles import ROLES, roles_of_files
from codelode.search.name_match import (
    likeness_of_stems,
    shares_of_names,
    shares_of_paths,
    shares_of_symbols,
)
from codelode.search.named import grades_of
from codelode.search.query_words import ASK_PROSE, ASK_TESTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.context import QueryContext
    from codelode.search.gathered import Gathered
    from codelode.search.lexical import Bm25
    from codelode.search.query_words import QueryWords
    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment

_JOINED = 0.7
"""The score of `getUrl` for the query `get_url`; the name itself scores 1."""

_PROSE = frozenset(
    "markdown rst text json yaml toml ini xml html css csv svg properties diff make cmake"
    " dockerfile asciidoc ignore-list".split()
)
_DOCS = frozenset("markdown rst text asciidoc".split())


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
        if context.name is not None:
            mine.feature("named")[:] = grades_of(segment, context.name, chunks, table)
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
    _fill_kinds(gathered, segment, np.repeat(files, lengths), np.repeat(_plain(paths), lengths))
    sample, begins = sampled_chunks(
        segment.files["first_chunk"][files], segment.files["chunks"][files]
    )
    gathered.feature("file_defines")[:] = np.repeat(
        _file_defines(segment, sample, begins, context.words), lengths
    )
    if context.vector is not None:
        means = mean_cosines(shard, number, files, sample, begins, context.vector)
        gathered.feature("file_mean")[:] = np.repeat(means, lengths)
    gathered.feature("name_loose")[:] = np.repeat(likeness_of_stems(paths, context.words), lengths)
    gathered.feature("depth")[:] = np.repeat(
        np.log1p([path.count(b"/") for path in paths]), lengths
    )
    gathered.feature("test_asked")[:] = gathered.feature("test") * context.words.share_in(ASK_TESTS)
    asked = context.words.share_in(ASK_PROSE)
    gathered.feature("prose_asked")[:] = gathered.feature("prose") * asked
    names = segment.pieces("symbols", chunks["symbol_start"], chunks["symbol_length"])
    for name, column in zip(
        ("symbol", "symbol_exact"), shares_of_names(names, share_of_term).T, strict=True
    ):
        gathered.feature(name)[:] = column


def _plain(paths: Sequence[bytes]) -> NDArray[np.bool_]:
    """Return which files have a name without an extension, bool[n]."""
    return np.array([b"." not in path.rpartition(b"/")[2][1:] for path in paths], bool)


def _fill_kinds(
    gathered: Gathered, segment: Segment, files: NDArray[np.integer], plain: NDArray[np.bool_]
) -> None:
    """Fill in which candidates are not program code, given the file of each.

    A file of an unknown language (number 0) counts as code, unless its name has no extension.
    """
    languages = segment.files["language"][files]
    for name, known in (("prose", _PROSE), ("docs", _DOCS)):
        belongs = np.array([False, *(language in known for language in segment.languages)])
        gathered.feature(name)[:] = belongs[languages] | (plain & (languages == 0))


def _file_defines(
    segment: Segment, sample: NDArray[np.int64], begins: NDArray[np.int64], words: QueryWords
) -> NDArray[np.float32]:
    """Return how much of the query the symbols of the sampled chunks of files hold, float32[n]."""
    chunks = segment.chunks
    starts, lengths = chunks["symbol_start"][sample], chunks["symbol_length"][sample]
    new = np.diff(starts.astype(np.int64), prepend=-1) != 0
    new[begins] = True
    new &= lengths > 0
    rows = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(sample)))
    symbols = segment.pieces("symbols", starts[new], lengths[new])
    return shares_of_symbols(symbols, rows[new], len(begins), words)
