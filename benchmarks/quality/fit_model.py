"""Fit the ranker's weights to cases by listwise softmax, and judge them on held-out repositories.

A file is represented by its best chunk. The loss is the cross-entropy over the candidate files of a
query; all repositories of a set have the same weight. Cross-validation is nested: the weights that
score a query are fitted without its repository, with a penalty that is also chosen without it.
Scores are means over several splits.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.fit_cases import ALL_FEATURES, Case
from benchmarks.quality.intervals import Estimate, estimate
from benchmarks.quality.softmax import Lists, fit, loss
from codelode.search.gathered import FEATURES
from codelode.search.rank import FIXED, weigh

if TYPE_CHECKING:
    from collections.abc import Sequence

PENALTIES = (3e-3, 1e-2, 3e-2)
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
    "stdlib": 0.3,
    "cosqa": 0.3,
    "names": 0.3,
    "verbatim": 0.3,
    "reports": 0.2,
    "titles": 0.2,
}
"""The weight of each set in the loss: less for sets with few repositories."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a fit: the columns of the features, and the weight of each set in the loss."""

    columns: tuple[int, ...]
    sets: Mapping[str, float]

    @classmethod
    def of(cls, names: Sequence[str], sets: Mapping[str, float] = WEIGHT_OF_SET) -> Plan:
        """Return the plan that fits the features of these names."""
        return cls(tuple(ALL_FEATURES.index(name) for name in names), sets)


def present_scores(case: Case) -> NDArray[np.float64]:
    """Return the scores of a query's candidates under the weights in `codelode.search.rank`."""
    return weigh(case.features[:, : len(FEATURES)]).astype(np.float64)


def fixed_scores(case: Case) -> NDArray[np.float64]:
    """Return the fixed part of the score of each of a query's candidates; it is not fitted."""
    columns = [ALL_FEATURES.index(name) for name in FIXED]
    scores: NDArray[np.float64] = case.features[:, columns] @ np.array([*FIXED.values()])
    return scores


def is_decided(case: Case) -> bool:
    """Return whether a query names a file or definition, or occurs verbatim in a file."""
    return bool(case.features[:, [ALL_FEATURES.index(name) for name in DECIDING]].any())


def start_scores(case: Case) -> NDArray[np.float64]:
    """Return the scores that choose the best chunks before anything is fitted."""
    columns = [ALL_FEATURES.index(name) for name in START]
    scores: NDArray[np.float64] = case.features[:, columns] @ np.array(list(START.values()))
    return scores + fixed_scores(case)


def scores_of(case: Case, plan: Plan, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scores of a query's candidates under fitted weights."""
    scores: NDArray[np.float64] = case.features[:, list(plan.columns)].astype(np.float64) @ weights
    return scores + fixed_scores(case)


def best_rows(
    case: Case, scores: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the best chunk of each file, intp[m], and whether it shows a target, bool[m].

    A file with both right chunks (which show a target) and wrong ones has two rows: the best chunk
    of each sort. Of the wrong chunks of all files, only the best `MOST_FILES` are returned.
    """
    right: NDArray[np.bool_] = np.asarray(case.shown.any(axis=1), np.bool_)
    keys = case.files * 2 + right
    order = np.lexsort((-scores, keys))
    first = np.diff(keys[order], prepend=-1) != 0
    rows = order[first]
    wrong = rows[~right[rows]]
    wrong = wrong[np.argsort(-scores[wrong], kind="stable")[:MOST_FILES]]
    rows = np.sort(np.concatenate((rows[right[rows]], wrong)))
    return rows, right[rows]


def lists_of(
    cases: Sequence[Case], plan: Plan, scores: Sequence[NDArray[np.float64]]
) -> Lists | None:
    """Return the lists to fit, one for each usable query; None if there is none.

    A query is usable if its set is in the plan, if it has right and wrong candidates, and if it is
    not decided (`is_decided`).
    """
    tables, rights, groups, fixed = [], [], [], []
    columns = list(plan.columns)
    for case, own in zip(cases, scores, strict=True):
        if case.set not in plan.sets or is_decided(case):
            continue
        rows, right = best_rows(case, own)
        if right.any() and not right.all():
            tables.append(case.features[rows][:, columns].astype(np.float64))
            rights.append(right)
            fixed.append(fixed_scores(case)[rows])
            groups.append((case.set, case.fold))
    if not tables:
        return None
    sizes = {group: groups.count(group) for group in set(groups)}
    folds = {name: len({g for g in sizes if g[0] == name}) for name in plan.sets}
    weights = [plan.sets[group[0]] / folds[group[0]] / sizes[group] for group in groups]
    return Lists.of(tables, rights, weights, fixed)


def fit_cases(cases: Sequence[Case], plan: Plan, penalty: float) -> NDArray[np.float64]:
    """Return weights float64[columns] fitted to some cases."""
    scores = [start_scores(case) for case in cases]
    weights = np.zeros(len(plan.columns))
    for _ in range(ROUNDS):
        lists = lists_of(cases, plan, scores)
        if lists is None:
            raise SystemExit("nothing to fit to: no query has a right and a wrong candidate")
        weights = fit(lists, penalty)
        scores = [scores_of(case, plan, weights) for case in cases]
    return weights


def folds_of(cases: Sequence[Case], count: int, seed: int) -> list[set[str]]:
    """Divide the repositories at random into `count` sets; the seed determines the result."""
    names = sorted({case.fold for case in cases})
    random.Random(seed).shuffle(names)
    return [set(names[number::count]) for number in range(count)]


def best_penalty(cases: Sequence[Case], plan: Plan, folds: int, seed: int) -> float:
    """Return the penalty with the least loss on held-out repositories."""
    losses = dict.fromkeys(PENALTIES, 0.0)
    fitted = [case for case in cases if case.set in plan.sets]
    scores = {id(case): start_scores(case) for case in fitted}
    for held in folds_of(fitted, folds, seed):
        inside = [case for case in fitted if case.fold not in held]
        outside = [case for case in fitted if case.fold in held]
        learn = lists_of(inside, plan, [scores[id(case)] for case in inside])
        judge = lists_of(outside, plan, [scores[id(case)] for case in outside])
        if learn is None or judge is None:
            continue
        for penalty in PENALTIES:
            losses[penalty] += loss(judge, fit(learn, penalty))
    return min(losses, key=lambda penalty: losses[penalty])


def cross_validate(
    cases: Sequence[Case], plan: Plan, folds: int = 5, splits: int = 3, nested: bool = True
) -> list[float]:
    """Return each case's mean score over splits, under weights fitted without its repository."""
    totals = np.zeros(len(cases))
    for split in range(splits):
        for held in folds_of(cases, folds, split):
            inside = [case for case in cases if case.fold not in held and case.set in plan.sets]
            penalty = best_penalty(inside, plan, 4, split) if nested else PENALTIES[1]
            weights = fit_cases(inside, plan, penalty)
            for number, case in enumerate(cases):
                if case.fold in held:
                    totals[number] += case.score(scores_of(case, plan, weights))
    return [float(total) / splits for total in totals]


def by_set(cases: Sequence[Case], scores: Sequence[float]) -> dict[str, Estimate]:
    """Return the mean score of each set: over repositories in `ndcg`, over queries elsewhere."""
    found: dict[str, dict[str, list[float]]] = {}
    for case, score in zip(cases, scores, strict=True):
        found.setdefault(case.set, {}).setdefault(case.group, []).append(score)
    return {
        name: estimate(groups, "groups" if name == "ndcg" else "queries")
        for name, groups in found.items()
    }
