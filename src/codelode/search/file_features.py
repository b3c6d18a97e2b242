"""The features of candidates that depend on their files alone."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.candidates import split_keys
from codelode.search.file_means import mean_cosines, sampled_chunks
from codelode.search.file_roles import ROLES, roles_of_files
from codelode.search.name_match import likeness_of_stems, shares_of_paths, shares_of_symbols
from codelode.search.query_words import ASK_PROSE, ASK_TESTS
from codelode.text.csr import group_starts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codelode.search.context import QueryContext
    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment

_PROSE = frozenset(
    "markdown rst text json yaml toml ini xml html css csv svg properties diff make cmake"
    " dockerfile asciidoc ignore-list".split()
)
_DOCS = frozenset("markdown rst text asciidoc".split())


class FilesOfSegments:
    """Distinct files of a shard, in the order of segments and rows, with their paths.

    `parts` has an item for each segment: its number, the rows of its files int64[n], and the slice
    of `paths` that holds their paths.
    """

    def __init__(self, shard: Shard, keys: NDArray[np.int64]) -> None:
        """Take the keys of the files, ascending: see `chunk_keys`."""
        segments, rows = split_keys(keys)
        bounds = [*group_starts(segments).tolist(), len(keys)]
        self.shard = shard
        self.parts = [
            (int(segments[start]), rows[start:stop], slice(start, stop))
            for start, stop in pairwise(bounds)
        ]
        self.paths = [path for number, mine, _ in self.parts for path in shard.paths(number, mine)]


def features_of_files(
    files: FilesOfSegments, context: QueryContext
) -> Mapping[str, NDArray[np.floating]]:
    """Return features by name, each of n values, for n files."""
    words, paths = context.words, files.paths
    roles = _roles(files)
    columns = {name: (roles >> bit & 1).astype(np.float32) for bit, name in enumerate(ROLES)}
    columns |= _kinds(files)
    columns["test_asked"] = columns["test"] * np.float32(words.share_in(ASK_TESTS))
    columns["prose_asked"] = columns["prose"] * np.float32(words.share_in(ASK_PROSE))
    columns["path"] = shares_of_paths(paths, context.share_of_term)
    columns["name_loose"] = likeness_of_stems(paths, words)
    columns["depth"] = np.log1p(np.array([path.count(b"/") for path in paths], np.float32))
    symbols: list[bytes] = []
    ends: list[NDArray[np.int64]] = []
    means = np.zeros(len(paths), np.float32)
    for number, rows, place in files.parts:
        segment = files.shard.segment(number)
        table = segment.files
        sample, begins = sampled_chunks(table["first_chunk"][rows], table["chunks"][rows])
        text, stops = _symbols(segment, sample, begins)
        ends.append(stops + sum(map(len, symbols)))
        symbols.append(text)
        if context.vector is not None:
            mine = mean_cosines(files.shard, number, rows, sample, begins, context.vector)
            means[place] = mine
    columns["file_mean"] = means
    stops = np.concatenate(ends)
    columns["file_defines"] = shares_of_symbols(b"".join(symbols), stops.tolist(), words)
    return columns


def _roles(files: FilesOfSegments) -> NDArray[np.uint8]:
    """Return the role bits of files, uint8[n]."""
    known = files.shard.file_roles
    return np.concatenate(
        [
            roles_of_files(known[number], rows, files.paths[place])
            for number, rows, place in files.parts
        ]
    )


def _kinds(files: FilesOfSegments) -> dict[str, NDArray[np.float32]]:
    """Return which files are not program code, and which of them are documentation.

    A file of an unknown language (number 0) counts as code, unless its name has no extension.
    """
    kinds = np.concatenate(
        [
            _kinds_of_languages(tuple(segment.languages))[segment.files["language"][rows]]
            for number, rows, _ in files.parts
            for segment in (files.shard.segment(number),)
        ]
    )
    for row in np.flatnonzero(np.isnan(kinds[:, 0])).tolist():
        kinds[row] = b"." not in files.paths[row].rpartition(b"/")[2][1:]
    return {"prose": kinds[:, 0], "docs": kinds[:, 1]}


@lru_cache(256)
def _kinds_of_languages(languages: tuple[str, ...]) -> NDArray[np.float32]:
    """Return whether each language is prose and whether it is documentation, float32[n + 1, 2].

    The row is the number of the language, the values are 1 or 0. Row 0 (no language) is NaN.
    """
    known = [(name in _PROSE, name in _DOCS) for name in languages]
    return np.array([(np.nan, np.nan), *known], np.float32)


def _symbols(
    segment: Segment, sample: NDArray[np.int64], begins: NDArray[np.int64]
) -> tuple[bytes, NDArray[np.int64]]:
    """Return the symbols of the sampled chunks of files, each once and followed by a newline.

    Also returns the offset at which the symbols of each file end, int64[files].
    """
    starts, lengths = segment.symbol_starts(sample), segment.chunks["symbol_length"][sample]
    new = np.ones(len(sample), bool)
    np.not_equal(starts[1:], starts[:-1], out=new[1:])
    new[begins] = True
    new &= lengths > 0
    sizes = np.cumsum(np.where(new, lengths + np.int64(1), 0))
    ends: NDArray[np.int64] = sizes[np.append(begins[1:], len(sample)) - 1]
    return segment.lines_of("symbols", starts[new], lengths[new]), ends
