"""Fit the ranker's weights to cases by listwise softmax.

A file is represented by its best chunk. The loss is the cross-entropy over the candidate files of a
query. All repositories of a set have the same weight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.fit_cases import ALL_FEATURES, Case
from benchmarks.quality.softmax import Lists, fit
from codelode.search.gathered import FEATURES
from codelode.search.rank import FIXED, weigh

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUNDS = 3
"""The number of times the best chunk of a file is chosen again, under the fitted weights."""

MOST_FILES = 40
"""The fit uses at most this many files of a query: the best under the last round's weights."""

DECIDING = tuple(name for name in FIXED if name != "cosine")
"""Features with fixed weights that decide alone: a query for which one of them is not 0 is not
fitted to, because it says nothing about the others."""

START = {"cosine": 2.0, "bm25": 1.0, "file_bm25": 0.5}
"""The features that choose the best chunk in the first round."""

WEIGHT_OF_SET: Mapping[str, float] = {
    "ndcg": 1.0,
    "mixed": 1.0,
    "cosqa": 1.0,
    "stdlib": 0.3,
    "names": 0.3,
    "verbatim": 0.3,
    "reports": 0.3,
    "titles": 0.3,
}
"""The weight of each set: less for sets with few repositories, and for those that fixed weights
decide."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of a fit.

    `sets` has the weight of each set in the loss; `penalty` is the argument of `softmax.fit`.
    """

    sets: Mapping[str, float]
    penalty: float = 1e-2


@dataclass(frozen=True, slots=True)
class Table:
    """A query's n candidates with f features to fit.

    `rows` float64[n, f] are the features, `fixed` float64[n] the fixed parts of the scores, `start`
    float64[n] the scores that choose the best chunks before anything is fitted, and `right` bool[n]
    says which candidates show a target. `is_decided`: the query names a file or a definition, or
    occurs verbatim in a file.
    """

    case: Case
    rows: NDArray[np.float64]
    fixed: NDArray[np.float64]
    start: NDArray[np.float64]
    right: NDArray[np.bool_]
    is_decided: bool

    @classmethod
    def of(cls, case: Case, names: Sequence[str]) -> Self:
        """Return the table of a case with the features of these names."""
        fixed = _weighed(case, FIXED)
        deciding = case.features[:, [ALL_FEATURES.index(name) for name in DECIDING]]
        return cls(
            case=case,
            rows=case.features[:, [ALL_FEATURES.index(name) for name in names]].astype(np.float64),
            fixed=fixed,
            start=_weighed(case, START) + fixed,
            right=np.asarray(case.shown.any(axis=1), np.bool_),
            is_decided=bool(deciding.any()),
        )

    def scores(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the scores of the candidates under weights float64[f]."""
        scores: NDArray[np.float64] = self.rows @ weights + self.fixed
        return scores


def _weighed(case: Case, weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Return, for each candidate, the weighted sum of the features that `weights` names."""
    columns = [ALL_FEATURES.index(name) for name in weights]
    scores: NDArray[np.float64] = case.features[:, columns] @ np.array([*weights.values()])
    return scores


def present_scores(case: Case) -> NDArray[np.float64]:
    """Return the scores of a query's candidates under the weights in `codelode.search.rank`."""
    return weigh(case.features[:, : len(FEATURES)]).astype(np.float64)


def best_rows(table: Table, scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the row of the best chunk of each file, intp[m], ascending.

    A file with both right chunks (which show a target) and wrong ones has two rows: the best right
    chunk and the best wrong one. Of the wrong chunks of all files, only the best `MOST_FILES` are
    returned.
    """
    keys = table.case.files * 2 + table.right
    order = np.lexsort((-scores, keys))
    rows = order[np.diff(keys[order], prepend=-1) != 0]
    wrong = rows[~table.right[rows]]
    wrong = wrong[np.argsort(-scores[wrong], kind="stable")[:MOST_FILES]]
    return np.sort(np.concatenate((rows[table.right[rows]], wrong)))


def lists_of(tables: Sequence[Table], plan: Plan, scores: Sequence[NDArray[np.float64]]) -> Lists:
    """Return the lists of candidates to fit, one for each usable query.

    A query is usable if its set is in the plan, if it has right and wrong candidates, and if its
    table's `is_decided` is false. All repositories of a set have the same weight; so have
    all queries of a repository, unusable ones included. The best chunk of each file is chosen by
    `scores`. Exits with a message if there is no list.
    """
    rows, rights, fixed, weights = [], [], [], []
    share = _shares(tables, plan)
    for table, own in zip(tables, scores, strict=True):
        if table.case.set not in plan.sets or table.is_decided:
            continue
        best = best_rows(table, own)
        right = table.right[best]
        if right.any() and not right.all():
            rows.append(table.rows[best])
            rights.append(right)
            fixed.append(table.fixed[best])
            weights.append(share[table.case.set, table.case.fold])
    if not rows:
        raise SystemExit("nothing to fit to: no query has a right and a wrong candidate")
    return Lists.of(rows, rights, weights, fixed)


def _shares(tables: Sequence[Table], plan: Plan) -> dict[tuple[str, str], float]:
    """Return the weight of a single query, by set and repository."""
    keys = ((table.case.set, table.case.fold) for table in tables)
    sizes = Counter(key for key in keys if key[0] in plan.sets)
    folds = Counter(name for name, _ in sizes)
    return {key: plan.sets[key[0]] / folds[key[0]] / size for key, size in sizes.items()}


def fit_tables(tables: Sequence[Table], plan: Plan) -> NDArray[np.float64]:
    """Return weights float64[f] fitted to the usable queries of `tables`."""
    scores = [table.start for table in tables]
    weights = np.zeros(tables[0].rows.shape[1])
    for _ in range(ROUNDS):
        weights = fit(lists_of(tables, plan, scores), plan.penalty, weights)
        scores = [own.start if own.is_decided else own.scores(weights) for own in tables]
    return weights
