"""The global half of the ranking: the order of all candidates. It needs no segment.

`finish` adds the features that need all candidates, scores each candidate by a linear sum, and
discounts chunks of a file that has better ones. `benchmarks/quality/fit.py` makes the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.as_written import is_name_of_parts, keep_as_written
from codelode.search.candidates import best_rows
from codelode.search.file_query import OTHER_LINES
from codelode.search.gathered import COLUMN, FEATURES, PROPOSERS, Gathered
from codelode.search.near_names import keep_nearest
from codelode.search.word_runs import keep_best_runs

if TYPE_CHECKING:
    from codelode.search.candidates import Places
    from codelode.search.context import QueryContext

FIXED = {"file": 12.0, "named": 40.0, "as_written": 16.0, "cosine": 2.5}
"""Weights that are not fitted: a file or a definition that the query names comes first, then text
that is the query, and the cosine chooses among the chunks of a file."""

_CALLED = 0.1
"""The grade of a definition, if its name is asked for with arguments, and a text holds just that:
the call comes first."""

_EXACT = 0.9
"""A higher grade means: exactly the name asked for, no declaration, and no test or example."""

_LESSER = 0.7
"""The factor of texts and names that are less exact, if there is an exact one."""

WEIGHTS = FIXED | {
    "bm25": 1.01,
    "coverage": 0.49,
    "file_bm25": 0.57,
    "file_coverage": 1.73,
    "file_mean": 5.98,
    "file_defines": 0.86,
    "cosine_share": 1.94,
    "name_loose": 0.8,
    "depth": -0.69,
    "path": 2.22,
    "run": 2.52,
    "defines": 1.77,
    "test": -3.74,
    "example": -0.56,
    "generated": -4.65,
    "prose": -0.73,
    "docs": -1.11,
    "test_asked": 13.7,
    "prose_asked": 3.85,
}
"""The weight of each feature in the score; 0 for the others."""


DISCOUNT = 4.0
"""How much a chunk loses in score for a better chunk of its file: see `choose`."""

COSINE_DISCOUNT = 0.1
"""The `DISCOUNT` where scores are cosines."""

_HALF_DIGIT = 5e-7
"""Hits have rounded scores; with such a score as the threshold, its own hit is kept."""

LEAST_COSINE = 0.25
"""A chunk that has no word of the query is a hit only with a cosine above this."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureTable:
    """n candidates of all shards with all their features, in the order of path hash and start.

    shards int64[n] and keys int64[n] say which chunks they are; files int64[n] number the files
    among them from 0; features float32[n, len(FEATURES)]. `matched` bool[n] says which
    have a word of the query, or a proposer besides the dense leg.
    """

    shards: NDArray[np.int64]
    keys: NDArray[np.int64]
    files: NDArray[np.int64]
    features: NDArray[np.float32]
    matched: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """The n chunks to show, best first: shards int64[n], keys int64[n], scores float32[n].

    `features` float32[n, len(FEATURES)] are there if the request asks for an explanation.
    `left_out` is 0 unless there are fewer chunks than the request asks for. Then it is the number
    of candidates that were left out because they are hardly related to the query or score too low.
    """

    shards: NDArray[np.int64]
    keys: NDArray[np.int64]
    scores: NDArray[np.float32]
    features: NDArray[np.float32] | None
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, rows: NDArray[np.intp]) -> Ranked:
        features = None if self.features is None else self.features[rows]
        return Ranked(self.shards[rows], self.keys[rows], self.scores[rows], features)

    def of_shard(self, shard: int) -> tuple[NDArray[np.intp], Ranked]:
        """Return the rows of the chunks of a shard, intp[m], and a `Ranked` of these chunks."""
        rows = np.flatnonzero(self.shards == shard)
        return rows, self[rows]


def finish(gathered: Sequence[Gathered], context: QueryContext) -> Ranked:
    """Return the chunks to show, given the candidates of each shard of an index."""
    table = feature_table(gathered, context)
    semantic = context.request.mode == "semantic"
    scores = table.features[:, COLUMN["cosine"]] if semantic else weigh(table.features)
    left = np.flatnonzero(is_relevant(table, scores, context))
    discount = COSINE_DISCOUNT if semantic else DISCOUNT
    request = context.request
    files, chosen = table.files[left], scores[left]
    rows = left[choose(files, chosen, request.limit, discount, request.max_per_file)]
    features = table.features[rows] if context.request.explain else None
    left_out = len(scores) - len(left) if len(rows) < request.limit else 0
    return Ranked(table.shards[rows], table.keys[rows], scores[rows], features, left_out)


def feature_table(gathered: Sequence[Gathered], context: QueryContext) -> FeatureTable:
    """Return the candidates of the whole index with all their features.

    Candidates are sorted by path hash and start before anything is added up: neither sums nor ties
    may depend on how chunks are spread over segments and shards.
    """
    shards = np.repeat(np.arange(len(gathered)), [len(one) for one in gathered])
    everything = Gathered.join(gathered)
    files = _number_files(shards, everything.files)
    if len(gathered) > 1:  # a single shard has returned only its best already
        rows = _best_of_all(everything, context.limit)
        shards, files, everything = shards[rows], files[rows], everything[rows]
        keep_best_runs(everything, context)
        keep_as_written(everything, context)
    order = np.lexsort((everything.starts, everything.paths))
    shards, files, everything = shards[order], files[order], everything[order]
    _settle(everything, context)
    left = keep_nearest(everything)
    if not left.all():
        shards, files, everything = shards[left], files[left], everything[left]
    _fill_features_by_file(everything, files, context)
    bm25 = everything.feature("bm25")
    bm25 /= max(float(bm25.max(initial=0)), 1e-9)
    matched = _matched(everything)
    return FeatureTable(shards, everything.keys, files, everything.features, matched)


def _settle(gathered: Gathered, context: QueryContext) -> None:
    """Lower the features of the less likely readings of an ambiguous query."""
    named, written = gathered.feature("named"), gathered.feature("as_written")
    is_defined = bool((gathered.proposals[:, PROPOSERS.index("definitions")] > -np.inf).any())
    if (gathered.feature("file") >= OTHER_LINES).any() or (
        is_defined and is_name_of_parts(context)
    ):
        written[:] = 0  # the query means the file or the definition, not the texts that name it
    elif context.name is not None and context.name.has_arguments and written.any():
        named *= _CALLED
    if (written == 1).any():
        written[written < 1] *= _LESSER
    if (named > _EXACT).any():
        named[named <= _EXACT] *= _LESSER


def _matched(gathered: Gathered) -> NDArray[np.bool_]:
    """Return which candidates have a word of the query, or a proposer besides the dense leg."""
    others = [column for column, name in enumerate(PROPOSERS) if name != "dense"]
    proposed = (gathered.proposals[:, others] > -np.inf).any(axis=1)
    return np.asarray(proposed | gathered.covered.any(axis=1), np.bool_)


def _number_files(shards: NDArray[np.int64], files: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of each candidate's file, from 0. Candidates are grouped by file."""
    differs = np.zeros(len(files), bool)
    np.not_equal(files[1:], files[:-1], out=differs[1:])
    differs[1:] |= shards[1:] != shards[:-1]
    return np.cumsum(differs)


def _best_of_all(gathered: Gathered, k: int) -> NDArray[np.intp]:
    """Return the rows, ascending, of the candidates that are among the k best of a proposer.

    Sets each proposal that is not among the k best of its proposer to -inf.
    """
    kept = np.zeros(gathered.proposals.shape, bool)
    for proposer, scores in enumerate(gathered.proposals.T):
        rows = np.flatnonzero(scores > -np.inf)
        kept[rows[best_rows(scores[rows], k, partial(_places, gathered[rows]))], proposer] = True
    gathered.proposals[~kept] = -np.inf
    return np.flatnonzero(kept.any(axis=1))


def _places(gathered: Gathered, rows: NDArray[np.intp]) -> Places:
    return gathered.paths[rows], gathered.starts[rows]


def _fill_features_by_file(
    gathered: Gathered, files: NDArray[np.int64], context: QueryContext
) -> None:
    """Fill in the features whose values all candidates of a file share."""
    count = int(files.max(initial=-1)) + 1
    best = np.zeros(count, np.float32)  # files with only negative cosines have no share
    np.maximum.at(best, files, gathered.feature("cosine"))
    gathered.feature("cosine_share")[:] = (best / max(float(best.max(initial=0)), 1e-9))[files]
    total = np.bincount(files, gathered.feature("bm25"), count)
    gathered.feature("file_bm25")[:] = (total / max(float(total.max(initial=0)), 1e-9))[files]
    together = np.zeros((count, gathered.covered.shape[1]), bool)
    np.logical_or.at(together, files, gathered.covered)
    gathered.feature("file_coverage")[:] = (together * context.share).sum(axis=1)[files]


def weigh(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the score of each candidate, float32[n]."""
    weights = np.array([WEIGHTS.get(name, 0.0) for name in FEATURES], np.float64)
    scores: NDArray[np.float64] = (features * weights).sum(axis=1)
    return scores.astype(np.float32)


def is_relevant(
    table: FeatureTable, scores: NDArray[np.float32], context: QueryContext
) -> NDArray[np.bool_]:
    """Return which candidates are hits at all, bool[n].

    Hits match a word, a name, a path or a pattern of the query, or its meaning; and they score at
    least the threshold, if there is one. With a threshold of 0, all candidates are hits.
    """
    threshold = context.request.threshold
    if threshold == 0:
        return np.ones(len(scores), np.bool_)
    relevant = table.matched | (table.features[:, COLUMN["cosine"]] >= LEAST_COSINE)
    if context.query.required:  # only chunks that match these patterns are candidates
        relevant[:] = True
    if threshold is not None:
        relevant &= scores.astype(np.float64) >= threshold - _HALF_DIGIT
    return relevant


def is_cut_off(gathered: Sequence[Gathered], limit: int) -> bool:
    """Return whether a leg may have had more candidates than the `limit` that it was given."""
    counts = sum((one.proposals > -np.inf).sum(axis=0) for one in gathered)
    return bool(np.any(np.asarray(counts) >= limit))


def choose(
    files: NDArray[np.int64],
    scores: NDArray[np.floating],
    limit: int,
    discount: float = DISCOUNT,
    most_per_file: int | None = None,
) -> NDArray[np.intp]:
    """Return the rows to show, best first.

    A chunk with n better ones in its file loses `discount` · log2(1 + n), and is left out if n is
    at least `most_per_file`. Ties keep the order of rows.
    """
    order = np.argsort(-scores, kind="stable")
    by_file = np.argsort(files[order], kind="stable")
    places = np.arange(len(order))
    grouped = files[order][by_file]
    begins = np.ones(len(order), bool)
    np.not_equal(grouped[1:], grouped[:-1], out=begins[1:])
    better = np.empty(len(order), np.int64)  # the number of better candidates in the same file
    better[by_file] = places - np.maximum.accumulate(np.where(begins, places, 0))
    reduced = scores[order] - discount * np.log2(1 + better)
    if most_per_file is not None:
        order, reduced = order[better < most_per_file], reduced[better < most_per_file]
    return order[np.argsort(-reduced, kind="stable")[:limit]]
