"""Every candidate measured in every way, whichever leg found it.

Measures are comparable between queries: cosines as they are, BM25 as a share of the best, matches
as the share of the query's weight (idf) that they cover.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.dense import cosines
from codelode.search.lexical import bm25
from codelode.tokens import term_hash, text_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.lexical import TermPostings
    from codelode.search.query import Query
    from codelode.segment.reader import Segment
    from codelode.store.snapshot import Snapshot

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

_TEST = re.compile(
    r"(^|/)(tests?|testing|specs?|__tests__|testdata|fixtures?|mocks?|bench(marks?)?)(/|$)"
    r"|(^|/)(test_|conftest\.)|[._-](test|tests|spec|bench)\.[a-z]+$|[a-z](Test|Tests|Spec|Suite)\.[a-z]+$",
)
_EXAMPLE = re.compile(
    r"(^|/)(examples?|demos?|samples?|docs?|tutorials?|doc_src|guides?|playground|stories)(/|$)"
    r"|\.(story|stories)\.",
    re.I,
)
_GENERATED = re.compile(
    r"(^|/)(vendor|vendored|third_?party|node_modules|dist|generated|gen|migrations|_vendor|compat|legacy|deprecated)(/|$)"
    r"|\.min\.|\.d\.ts$|\.pyi$|_pb2|\.pb\.|\.generated\.|[._-]gen\.|\.g\.",
    re.I,
)
_REEXPORT = re.compile(
    r"(^|/)(__init__\.py|index\.[jt]sx?|mod\.rs|lib\.rs|package\.scala|package-info\.java)$"
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
    query: Query,
    vector: NDArray[np.float32] | None,
    terms: Sequence[TermPostings],
    keys: NDArray[np.int64],
) -> Measured:
    """Measure the candidates `keys`: segment number << 32 | ordinal.

    They are put in the order of the hashes of their paths, then of their positions, first: sums
    over candidates must not depend on segments, and ties must be broken the same way.
    """
    keys = _canonical(snapshot, keys)
    segments, ordinals = keys >> 32, keys & 0xFFFFFFFF
    columns = {name: np.zeros(len(keys), np.float32) for name in FEATURES}
    weights = np.array([term.idf for term in terms], np.float32)
    share = weights / max(float(weights.sum()), 1e-9)
    parts = {term.term: float(s) for term, s in zip(terms, share, strict=True)}
    files = np.zeros(len(keys), np.int64)
    covered = np.zeros((len(keys), len(terms)), bool)
    for number in np.unique(segments).tolist():
        rows = np.flatnonzero(segments == number)
        segment = snapshot.segments[number].segment
        mine = ordinals[rows]
        scores = bm25(snapshot, number, mine, terms)
        columns["bm25"][rows] = scores.sum(axis=1)
        covered[rows] = scores > 0
        if vector is not None:
            columns["cosine"][rows] = cosines(segment, mine, vector)
        files[rows] = (number << 32) | segment.chunk_files[mine]
        columns["defines"][rows] = _defines(segment, query, mine)
        _names(segment, mine, rows, parts, columns)
    columns["coverage"] = (covered * share).sum(axis=1)
    _, files = np.unique(files, return_inverse=True)
    _by_file(files, covered, share, columns)
    columns["bm25"] /= max(float(columns["bm25"].max(initial=0)), 1e-9)
    features = np.stack([columns[name] for name in FEATURES], axis=1)
    return Measured(segments, ordinals, files, features)


def _canonical(snapshot: Snapshot, keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """The keys in the order of path hash, then of position in the file."""
    starts = np.zeros(len(keys), np.uint32)
    paths = np.zeros(len(keys), np.uint64)
    for number in np.unique(keys >> 32).tolist():
        rows = keys >> 32 == number
        segment = snapshot.segments[number].segment
        ordinals = keys[rows] & 0xFFFFFFFF
        starts[rows] = segment.chunks["start"][ordinals]
        paths[rows] = segment.files["path_hash"][segment.chunk_files[ordinals]]
    return keys[np.lexsort((starts, paths))]


def _defines(segment: Segment, query: Query, ordinals: NDArray[np.int64]) -> NDArray[np.float32]:
    found = np.zeros(len(ordinals), np.float32)
    for name in query.names:
        listed, _ = segment.posting(term_hash(name.casefold(), "d"))
        found[np.isin(ordinals, listed)] = 1.0
    return found


def _names(
    segment: Segment,
    ordinals: NDArray[np.int64],
    rows: NDArray[np.intp],
    weights: dict[str, float],
    columns: dict[str, NDArray[np.float32]],
) -> None:
    """Measure paths and symbols."""
    chunk_files, where = np.unique(segment.chunk_files[ordinals], return_inverse=True)
    of_files = [
        _path_values(segment.path(file), segment.language(file), weights)
        for file in chunk_files.tolist()
    ]
    for name in of_files[0]:
        values = np.array([found[name] for found in of_files], np.float32)
        columns[name][rows] = values[where]
    for row, symbol in zip(rows.tolist(), segment.symbol_names(ordinals), strict=True):
        if symbol:
            columns["symbol"][row], columns["symbol_exact"][row] = _overlap(
                _symbol_parts(symbol), weights
            )


@lru_cache(maxsize=4096)
def _symbol_parts(name: str) -> list[str]:
    return text_parts(name)


def _path_values(path: str, language: str | None, weights: dict[str, float]) -> dict[str, float]:
    words, stem, flags = _path_parts(path)
    in_path, _ = _overlap(words, weights)
    in_stem, exact = _overlap(stem, weights)
    prose = float(language is None or language in _PROSE)
    return {"path": in_path, "stem": in_stem, "stem_exact": exact, "prose": prose, **flags}


@lru_cache(maxsize=4096)
def _path_parts(path: str) -> tuple[list[str], list[str], dict[str, float]]:
    flags = {
        "test": float(_TEST.search(path) is not None),
        "example": float(_EXAMPLE.search(path) is not None),
        "generated": float(_GENERATED.search(path) is not None),
        "reexport": float(_REEXPORT.search(path) is not None),
    }
    name = path.rpartition("/")[2]
    return text_parts(path), text_parts(name.partition(".")[0] or name), flags


def _overlap(words: Sequence[str], weights: dict[str, float]) -> tuple[float, float]:
    """The share of the query's weight in `words`, and the share of `words` that the query has."""
    distinct = set(words)
    if not distinct:
        return 0.0, 0.0
    common = [weights[word] for word in distinct if word in weights]
    return sum(common), len(common) / len(distinct)


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
    columns["file_cosine"] = best[files]
    total = np.bincount(files, columns["bm25"], count)
    columns["file_bm25"] = (total / max(float(total.max(initial=0)), 1e-9))[files].astype(
        np.float32
    )
    together = np.zeros((count, covered.shape[1]), bool)
    np.logical_or.at(together, files, covered)
    columns["file_coverage"] = (together * share).sum(axis=1)[files]
    hits = np.log2(1 + np.bincount(files, minlength=count))
    columns["file_hits"] = (hits / max(float(hits.max(initial=0)), 1e-9))[files].astype(np.float32)
