"""Experimental features: measured here, and moved to the ranker if they improve it.

Each is a number per candidate, comparable between queries. `FileFacts` caches the facts that need
a whole file, one instance per index.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.chunk.chunker import chunk
from codelode.segment.quantizer import in_quarters
from codelode.text.tokens import term_hash, text_parts
from codelode.types import Document

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from codelode.search.context import QueryContext
    from codelode.search.shard import Shard

OF_FILES = (
    "name_loose",  # mean, over the parts of the file's name, of the best match with a query word
    "stem_loose",  # share of the query's weight that loosely matches the file's name
    "folder_loose",  # share of the query's weight that loosely matches the folders above the file
    "file_mean",  # cosine with the normalized mean of all chunk vectors of the file
    "file_defines",  # share of the query's weight that loosely matches names the file defines
    "mention",  # log share of the other files that mention the file's name
    "stem_length",  # log number of parts of the file's name
    "stem_rarity",  # mean rarity of these parts among the names of all files
    "depth",  # log number of folders above the file
)
OF_CHUNKS = (
    "symbol_loose",  # share of the query's weight that loosely matches the chunk's symbol
    "test_asked",  # in tests: share of the query's weight in words such as "test"; else 0
    "docs",  # 1 for Markdown, reStructuredText and plain text
    "prose_asked",  # not in code: share of the query's weight in words such as "readme"; else 0
    "prose_covered",  # not in code: share of the query's weight that occurs in the file; else 0
    "run",  # longest run of the query's words in the chunk, as a share of all of them
)
OF_LISTS = (
    "cosine_rank",  # 1 / rank of the file by its best cosine
    "bm25_rank",  # 1 / rank of the file by the sum of its BM25 scores
    "cosine_share",  # best cosine of the file as a share of the best of all files
)
EXTRA = (*OF_FILES, *OF_CHUNKS, *OF_LISTS)

_ASKS_TEST = frozenset("test tests testing spec specs fixture fixtures benchmark mock unit".split())
_ASKS_PROSE = frozenset(
    "readme changelog changes documentation docs doc manual guide tutorial news release notes faq"
    " install config configuration configure settings yaml yml toml json xml ini workflow workflows"
    " ci pipeline action actions docker dockerfile container image sql schema migration table cmake"
    " makefile gradle maven pom css html lint template example license contributing".split()
)
_DOCS = frozenset(("markdown", "rst", "text", None))
_FOLDER_NAMES = frozenset(("index", "mod", "__init__", "main", "lib", "init"))


def light_stem(part: str) -> str:
    """Return a word without the most common English endings."""
    for ending in ("ations", "ation", "ings", "ing", "ers", "er", "ies", "ed", "es", "s", "e", "y"):
        if part.endswith(ending) and len(part) - len(ending) >= 3:
            return part[: -len(ending)]
    return part


@lru_cache(1 << 16)
def likeness(one: str, other: str) -> float:
    """Return the similarity of two words: 1 equal, 0.95 same stem, 0.6 to 0.8 same beginning."""
    if one == other:
        return 1.0
    if light_stem(one) == light_stem(other):
        return 0.95
    short, long = sorted((one, other), key=len)
    if len(short) >= 3 and long.startswith(short):
        return 0.8 if len(short) >= 4 else 0.6
    return 0.6 if len(short) >= 5 and one[:5] == other[:5] else 0.0


def best_likeness(part: str, others: Collection[str]) -> float:
    """Return the similarity of a word to the most similar of the others."""
    return 1.0 if part in others else max((likeness(part, other) for other in others), default=0.0)


def stem_of(path: str) -> str:
    """Return a file's name up to the first dot; for `__init__` and the like, the folder's name."""
    *folders, name = path.split("/")
    stem = name.lstrip(".").partition(".")[0] or name
    return folders[-1] if stem in _FOLDER_NAMES and folders else stem


class FileFacts:
    """The facts about the files of one index that the extra features need, each computed once."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self._means: dict[int, NDArray[np.float32]] = {}
        self._defined: dict[int, frozenset[str]] = {}
        self._mentions: dict[str, frozenset[int]] = {}
        self._first_chunks: dict[int, NDArray[np.int64]] = {}

    @cached_property
    def name_parts(self) -> Counter[str]:
        """The number of file names that contain each part."""
        counts: Counter[str] = Counter()
        for number in range(len(self.shard)):
            segment = self.shard.segment(number)
            for file in range(len(segment.files)):
                counts.update(set(text_parts(stem_of(segment.path(file)))))
        return counts

    @cached_property
    def files(self) -> int:
        """The number of files."""
        return sum(len(self.shard.segment(n).files) for n in range(len(self.shard)))

    def chunks_of(self, key: int) -> NDArray[np.int64]:
        """Return the ordinals of a file's chunks. `key`: segment number << 32 | row."""
        number, row = key >> 32, key & 0xFFFFFFFF
        if number not in self._first_chunks:
            owners = self.shard.segment(number).chunks["file"].astype(np.int64)
            self._first_chunks[number] = owners
        return np.flatnonzero(self._first_chunks[number] == row)

    def mean_vector(self, key: int) -> NDArray[np.float32]:
        """Return the normalized mean of the vectors of a file's chunks, float32[d]."""
        if key not in self._means:
            segment, ordinals = self.shard.segment(key >> 32), self.chunks_of(key)
            rows = in_quarters(segment.codes.take(ordinals, axis=0), segment.residuals(ordinals))
            mean = (rows * segment.scales[ordinals][:, None].astype(np.float64)).sum(axis=0)
            norm = float(np.linalg.norm(mean))
            self._means[key] = (mean / norm if norm else mean).astype(np.float32)
        return self._means[key]

    def defined_parts(self, key: int) -> frozenset[str]:
        """Return the parts of all names that a file defines."""
        if key not in self._defined:
            segment, row = self.shard.segment(key >> 32), key & 0xFFFFFFFF
            last = segment.chunks[self.chunks_of(key)[-1]]
            text = segment.text(row, 0, int(last["start"]) + int(last["length"]))
            document = Document(segment.path(row), segment.language(row), text, "utf-8", b"")
            names = {definition.name for definition in chunk(document).definitions}
            self._defined[key] = frozenset(part for name in names for part in text_parts(name))
        return self._defined[key]

    def mention(self, stem: str, key: int) -> float:
        """Return the log share of the other files that contain a word: 0 for none, 1 for all."""
        if stem not in self._mentions:
            term = term_hash(stem.casefold())
            self._mentions[stem] = frozenset(
                number << 32 | int(file)
                for number in range(len(self.shard))
                if self.shard.segment(number).document_frequency(term)
                for file in self._files_with(number, term)
            )
        others = len(self._mentions[stem] - {key})
        return float(np.log1p(others) / np.log1p(self.files))

    def _files_with(self, number: int, term: int) -> NDArray[np.integer]:
        segment = self.shard.segment(number)
        files: NDArray[np.integer] = np.unique(segment.chunks["file"][segment.posting(term)[0]])
        return files


def extra_features(
    facts: FileFacts,
    context: QueryContext,
    keys: Sequence[int],
    texts: Sequence[bytes],
    symbols: Sequence[str],
    columns: Mapping[str, NDArray[np.float32]],
) -> NDArray[np.float64]:
    """Return the extra features of n candidates, float64[n, len(EXTRA)].

    Candidates are given as parallel arrays: `keys` are the keys of their files, `texts` their
    texts, `symbols` their names, and `columns` their other features by name.
    """
    terms, words = set(context.query.terms), text_parts(context.query.text)
    parts = [part for part in words if part in terms]
    passed_over = frozenset(words) - terms
    share = _shares(context, parts)
    asks_test, asks_prose = (asked_share(share, asked) for asked in (_ASKS_TEST, _ASKS_PROSE))
    by_file = {key: _of_file(facts, context, key, share) for key in set(keys)}
    rows = np.zeros((len(keys), len(EXTRA)))
    for row, (key, text, symbol) in enumerate(zip(keys, texts, symbols, strict=True)):
        prose, test = float(columns["prose"][row]), float(columns["test"][row])
        language = facts.shard.segment(key >> 32).language(key & 0xFFFFFFFF)
        of_chunk = (
            loose_share(share, frozenset(text_parts(symbol))),
            test * asks_test,
            float(language in _DOCS),
            prose * asks_prose,
            prose * float(columns["file_coverage"][row]),
            longest_run(parts, text, passed_over),
        )
        rows[row, : len(OF_FILES) + len(OF_CHUNKS)] = *by_file[key], *of_chunk
    rows[:, -len(OF_LISTS) :] = _of_lists(np.array(keys), columns)
    return rows


def _shares(context: QueryContext, parts: Sequence[str]) -> dict[str, float]:
    """Return the share of each word in the total weight of the words, by word."""
    weights = {part: context.share_of_term.get(part, 0.0) for part in parts}
    total = sum(weights.values()) or 1.0
    return {part: value / total for part, value in weights.items()}


def loose_share(share: Mapping[str, float], names: Collection[str]) -> float:
    """Return the share of the query's weight that loosely matches any of the words."""
    return sum(value * best_likeness(part, names) for part, value in share.items())


def asked_share(share: Mapping[str, float], asked: Collection[str]) -> float:
    """Return the share of the query's weight in some words.

    A word that occurs nowhere in the index has no weight; it counts as 1 / number of words.
    """
    return sum(value or 1 / len(share) for part, value in share.items() if part in asked)


def _of_file(
    facts: FileFacts, context: QueryContext, key: int, share: Mapping[str, float]
) -> tuple[float, ...]:
    path = facts.shard.segment(key >> 32).path(key & 0xFFFFFFFF)
    stem = stem_of(path)
    parts = text_parts(stem) or [stem.casefold()]
    vector = context.vector
    known = [facts.name_parts[part] for part in parts]
    return (
        sum(best_likeness(part, share.keys()) for part in parts) / len(parts),
        loose_share(share, frozenset(parts)),
        loose_share(share, frozenset(text_parts(path.rpartition("/")[0]))),
        0.0 if vector is None else float(facts.mean_vector(key) @ vector),
        loose_share(share, facts.defined_parts(key)),
        facts.mention(stem, key),
        float(np.log1p(len(parts))),
        float(np.mean([np.log1p(facts.files / max(count, 1)) for count in known])),
        float(np.log1p(path.count("/"))),
    )


def _of_lists(
    files: NDArray[np.int64], columns: Mapping[str, NDArray[np.float32]]
) -> NDArray[np.float64]:
    """Return float64[n, len(OF_LISTS)]: the ranks of each candidate's file among all files."""
    cosine, bm25 = (columns[name].astype(np.float64) for name in ("file_cosine", "file_bm25"))
    best = max(float(cosine.max(initial=0.0)), 1e-9)
    return np.column_stack(
        (_reciprocal_ranks(files, cosine), _reciprocal_ranks(files, bm25), cosine / best)
    )


def _reciprocal_ranks(files: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / rank of each row's file, where a file has one value; ties share the best rank."""
    by_file = dict(zip(files.tolist(), values.tolist(), strict=True))
    ordered = np.sort(-np.array(list(by_file.values())))
    ranks = np.searchsorted(ordered, -values, side="left").astype(np.float64)
    return 1.0 / (1.0 + ranks)


def longest_run(
    parts: Sequence[str], text: bytes, passed_over: Collection[str] = frozenset()
) -> float:
    """Return the longest run of the query's words in a text, as a share of all of them.

    A run has at least two words. Words are parts of identifiers. The stop words of the query, in
    `passed_over`, neither extend a run nor end it.
    """
    wanted, lower = set(parts), text.lower()
    if len(parts) < 2 or sum(part.encode() in lower for part in wanted) < 2:
        return 0.0
    follows = set(pairwise(parts))
    best = length = 0
    previous = ""
    for word in text_parts(text.decode("utf-8", "replace")):
        if word in passed_over:
            continue
        length = length + 1 if (previous, word) in follows else int(word in wanted)
        best, previous = max(best, length), word
    return best / len(parts) if best > 1 else 0.0
