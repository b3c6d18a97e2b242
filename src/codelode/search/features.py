"""Every candidate measured in every way, whichever leg found it.

Measures are comparable between queries: cosines as they are, BM25 as a share of the best, matches
as the share of the query's weight (idf) that they cover.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.candidates import chunk_keys, split_keys
from codelode.search.dense import cosines
from codelode.search.file_roles import PATTERNS, kinds_of_files
from codelode.search.lexical import bm25
from codelode.search.name_match import shares_of_names, shares_of_paths
from codelode.segment.postings import DEFINITION
from codelode.text.tokens import term_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.lexical import TermPostings
    from codelode.search.parsed_query import ParsedQuery
    from codelode.segment.reader import Segment
    from codelode.store.snapshot import LiveSegment, Snapshot

FEATURES = (
    "cosine",  # of the chunk with the query
    "bm25",  # of the chunk, as a share of the best candidate's
    "coverage",  # share of the query's weight that occurs in the chunk
    "file_cosine",  # best cosine among the file's candidates
    "file_bm25",  # sum over the file's candidates, as a share of the best file's
    "file_coverage",  # share of the query's weight that occurs in any candidate of the file
    "file_hits",  # how many candidates the file has, log2, as a share of the most
    "path",  # share of the query's weight that occurs in the path
    "stem",  # ... in the file's name
    "stem_exact",  # share of the name's parts that the query has
    "defines",  # the chunk defines a name the query gives
    "symbol",  # share of the query's weight in the name of the chunk's symbol
    "symbol_exact",  # share of the parts of that name that the query has
    "test",  # 1 for tests, specs, fixtures, benchmarks
    "example",  # 1 for examples, demos, samples, documentation
    "generated",  # 1 for vendored, generated, minified, typing stubs
    "prose",  # 1 for files that are not program code
    "reexport",  # 1 for files that mostly pass on what others define
)

_PROSE = frozenset(
    "markdown rst text json yaml toml ini xml html css csv svg properties diff make cmake"
    " dockerfile".split()
)


@dataclass(frozen=True, slots=True)
class Measured:
    """n candidates, in an order that does not depend on how they are spread over segments.

    segments, ordinals int64[n]; files int64[n] number the files among the candidates from 0;
    features float32[n, len(FEATURES)].
    """

    segments: NDArray[np.int64]
    ordinals: NDArray[np.int64]
    files: NDArray[np.int64]
    features: NDArray[np.float32]


def measure(
    snapshot: Snapshot,
    query: ParsedQuery,
    vector: NDArray[np.float32] | None,
    terms: Sequence[TermPostings],
    keys: NDArray[np.int64],
) -> Measured:
    """Measure the candidates `keys`, ascending.

    They are put in the order of the hashes of their paths, then of their positions, before
    anything is added up: sums over candidates must not depend on segments, and ties must be
    broken the same way.
    """
    segments, ordinals = split_keys(keys)
    table = np.zeros((len(FEATURES), len(keys)), np.float32)
    columns = dict(zip(FEATURES, table, strict=True))
    weights = np.array([term.idf for term in terms], np.float32)
    share = weights / max(float(weights.sum()), 1e-9)
    parts = {term.term: float(s) for term, s in zip(terms, share, strict=True)}
    covered = np.zeros((len(keys), len(terms)), bool)
    places = _Places.empty(len(keys))
    bounds = np.flatnonzero(np.diff(segments, prepend=-1, append=-1)).tolist()
    for start, stop in pairwise(bounds):
        rows, number = slice(start, stop), int(segments[start])
        live, mine = snapshot.segments[number], ordinals[start:stop]
        segment = live.segment
        scores = bm25(snapshot, number, mine, terms)
        columns["bm25"][rows] = scores.sum(axis=1)
        covered[rows] = scores > 0
        if vector is not None:
            columns["cosine"][rows] = cosines(segment, mine, vector)
        columns["defines"][rows] = _defines(segment, query, mine)
        chunks = segment.chunks[mine]
        places.fill(rows, number, segment, chunks)
        _names(live, chunks, rows, parts, columns)
    columns["coverage"][:] = (covered * share).sum(axis=1)
    order = np.lexsort((places.starts, places.paths))
    table = table[:, order]
    columns = dict(zip(FEATURES, table, strict=True))
    files = places.numbers()[order]
    _by_file(files, covered[order], share, columns)
    columns["bm25"] /= max(float(columns["bm25"].max(initial=0)), 1e-9)
    return Measured(segments[order], ordinals[order], files, np.ascontiguousarray(table.T))


@dataclass(frozen=True, slots=True)
class _Places:
    """Where n candidates are: path hashes uint64, starts in the file uint32, files int64[n]."""

    paths: NDArray[np.uint64]
    starts: NDArray[np.uint32]
    files: NDArray[np.int64]  # as `chunk_keys` packs segment numbers and rows

    @classmethod
    def empty(cls, n: int) -> _Places:
        return cls(np.zeros(n, np.uint64), np.zeros(n, np.uint32), np.zeros(n, np.int64))

    def fill(self, rows: slice, number: int, segment: Segment, chunks: NDArray[np.void]) -> None:
        self.paths[rows] = segment.files["path_hash"][chunks["file"]]
        self.starts[rows] = chunks["start"]
        self.files[rows] = chunk_keys(number, chunks["file"])

    def numbers(self) -> NDArray[np.int64]:
        """The files, numbered from 0. The rows of one file are neighbours."""
        return np.cumsum(np.diff(self.files, prepend=self.files[:1]) != 0)


def _defines(
    segment: Segment, query: ParsedQuery, ordinals: NDArray[np.int64]
) -> NDArray[np.float32]:
    found = np.zeros(len(ordinals), np.float32)
    for name in query.names:
        term = term_hash(name.casefold(), DEFINITION)
        if segment.document_frequency(term):
            found[np.isin(ordinals, segment.posting(term)[0])] = 1.0
    return found


def _names(
    live: LiveSegment,
    chunks: NDArray[np.void],
    rows: slice,
    weights: dict[str, float],
    columns: dict[str, NDArray[np.float32]],
) -> None:
    """Measure paths, languages and symbols."""
    segment, owners = live.segment, chunks["file"]
    firsts = np.flatnonzero(np.diff(owners.astype(np.int64), prepend=-1))
    lengths = np.diff(firsts, append=len(chunks))
    files = owners[firsts]
    paths = segment.pieces(
        "paths", segment.files["path_start"][files], segment.files["path_length"][files]
    )
    shares = np.repeat(shares_of_paths(paths, weights), lengths, axis=0)
    for name, column in zip(("path", "stem", "stem_exact"), shares.T, strict=True):
        columns[name][rows] = column
    kinds = np.repeat(kinds_of_files(live, files, paths), lengths)
    for bit, name in enumerate(PATTERNS):
        columns[name][rows] = kinds >> bit & 1
    prose = np.array([True, *(name in _PROSE for name in segment.languages)])  # 0: no language
    columns["prose"][rows] = np.repeat(prose[segment.files["language"][files]], lengths)
    names = segment.pieces("symbols", chunks["symbol_start"], chunks["symbol_length"])
    shares = shares_of_names(names, weights)
    columns["symbol"][rows], columns["symbol_exact"][rows] = shares.T


def _by_file(
    files: NDArray[np.int64],
    covered: NDArray[np.bool_],
    share: NDArray[np.float32],
    columns: dict[str, NDArray[np.float32]],
) -> None:
    """What a file's candidates come to together."""
    count = int(files.max(initial=-1)) + 1
    best = np.full(count, -1, np.float32)
    np.maximum.at(best, files, columns["cosine"])
    columns["file_cosine"][:] = best[files]
    total = np.bincount(files, columns["bm25"], count)
    columns["file_bm25"][:] = (total / max(float(total.max(initial=0)), 1e-9))[files]
    together = np.zeros((count, covered.shape[1]), bool)
    np.logical_or.at(together, files, covered)
    columns["file_coverage"][:] = (together * share).sum(axis=1)[files]
    hits = np.log2(1 + np.bincount(files, minlength=count))
    columns["file_hits"][:] = (hits / max(float(hits.max(initial=0)), 1e-9))[files]
