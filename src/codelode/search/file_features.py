"""The features of candidates that depend on their files alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.file_means import mean_cosines, sampled_chunks
from codelode.search.file_roles import ROLES, roles_of_files
from codelode.search.name_match import likeness_of_stems, shares_of_paths, shares_of_symbols
from codelode.search.query_words import ASK_PROSE, ASK_TESTS

if TYPE_CHECKING:
    from codelode.search.context import QueryContext
    from codelode.search.query_words import QueryWords
    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment

_PROSE = frozenset(
    "markdown rst text json yaml toml ini xml html css csv svg properties diff make cmake"
    " dockerfile asciidoc ignore-list".split()
)
_DOCS = frozenset("markdown rst text asciidoc".split())


def features_of_files(
    shard: Shard,
    number: int,
    files: NDArray[np.integer],
    paths: Sequence[bytes],
    context: QueryContext,
) -> Mapping[str, NDArray[np.floating]]:
    """Return features by name, each of n values, for n distinct files of segment `number`.

    `paths` are the paths of the files.
    """
    segment, words = shard.segment(number), context.words
    roles = roles_of_files(shard.file_roles[number], files, paths)
    columns = {name: (roles >> bit & 1).astype(np.float32) for bit, name in enumerate(ROLES)}
    columns |= _kinds(segment, files, paths)
    columns["test_asked"] = columns["test"] * np.float32(words.share_in(ASK_TESTS))
    columns["prose_asked"] = columns["prose"] * np.float32(words.share_in(ASK_PROSE))
    columns["path"] = shares_of_paths(paths, context.share_of_term)
    columns["name_loose"] = likeness_of_stems(paths, words)
    columns["depth"] = np.log1p(np.array([path.count(b"/") for path in paths], np.float32))
    table = segment.files
    sample, begins = sampled_chunks(table["first_chunk"][files], table["chunks"][files])
    columns["file_defines"] = _defined(segment, sample, begins, words)
    if context.vector is not None:
        columns["file_mean"] = mean_cosines(shard, number, files, sample, begins, context.vector)
    return columns


def _kinds(
    segment: Segment, files: NDArray[np.integer], paths: Sequence[bytes]
) -> dict[str, NDArray[np.float32]]:
    """Return which files are not program code, and which of them are documentation.

    A file of an unknown language (number 0) counts as code, unless its name has no extension.
    """
    languages = segment.files["language"][files]
    plain = np.array([b"." not in path.rpartition(b"/")[2][1:] for path in paths], bool)
    columns = {}
    for name, known in (("prose", _PROSE), ("docs", _DOCS)):
        belongs = np.array([False, *(language in known for language in segment.languages)])
        columns[name] = (belongs[languages] | (plain & (languages == 0))).astype(np.float32)
    return columns


def _defined(
    segment: Segment, sample: NDArray[np.int64], begins: NDArray[np.int64], words: QueryWords
) -> NDArray[np.float32]:
    """Return how much of the query the symbols of the sampled chunks of files hold, float32[n]."""
    starts, lengths = segment.symbol_starts(sample), segment.chunks["symbol_length"][sample]
    new = np.ones(len(sample), bool)
    np.not_equal(starts[1:], starts[:-1], out=new[1:])
    new[begins] = True
    new &= lengths > 0
    sizes = np.cumsum(np.where(new, lengths + np.int64(1), 0))
    ends = sizes[np.append(begins[1:], len(sample)) - 1]
    symbols = segment.lines_of("symbols", starts[new], lengths[new])
    return shares_of_symbols(symbols, ends.tolist(), words)
