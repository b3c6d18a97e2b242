"""Choose the settings of a fit, and judge fits, by queries that the fit has not seen.

Cross-validation is nested: the weights that score a query are fitted without its repository, with
settings that are also chosen without it. The settings are chosen one after the other, by the
mean score of the sets of queries; each is chosen with the best values of the settings before it.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.fit_model import WEIGHT_OF_SET, fit_tables
from benchmarks.quality.intervals import Estimate, estimate
from benchmarks.quality.scoring import mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.quality.fit_cases import Case
    from benchmarks.quality.fit_model import Plan, Table

PENALTIES = (1e-3, 3e-3, 1e-2, 3e-2)
FACTORS = (1 / 3, 1.0, 3.0)
"""The factors of the weight of a set."""

LEAST_GAIN = 0.001
"""A setting differs from its default only if the mean score of the sets gains more than this: what
is below is noise."""

INNER_FOLDS = 4
"""The folds of the choice of settings within the queries of the other folds."""


def with_penalties(plan: Plan) -> list[Plan]:
    """Return a copy of the plan for each of `PENALTIES`."""
    return [replace(plan, penalty=penalty) for penalty in PENALTIES]


def with_factors(sets: Sequence[str], plan: Plan) -> list[Plan]:
    """Return copies of the plan: in each, one of `FACTORS` multiplies the weights of `sets`."""
    return [
        replace(
            plan,
            sets={
                name: weight * (factor if name in sets else 1.0)
                for name, weight in plan.sets.items()
            },
        )
        for factor in FACTORS
    ]


STEPS: tuple[Callable[[Plan], list[Plan]], ...] = (
    with_penalties,
    partial(with_factors, ("cosqa",)),
    partial(with_factors, ("mixed",)),
)
"""The choices to make, in this order."""


def folds_of(cases: Sequence[Case], count: int, seed: int) -> list[set[str]]:
    """Divide the repositories of each set at random into `count` folds of about the same size.

    The seed determines the result.
    """
    sets: dict[str, str] = {}
    for case in cases:
        sets.setdefault(case.fold, case.set)
    names = sorted(sets)
    random.Random(seed).shuffle(names)
    names.sort(key=lambda name: sets[name])  # a stable sort: each set stays shuffled
    return [set(names[number::count]) for number in range(count)]


def judged(cases: Sequence[Case], scores: Sequence[float]) -> float:
    """Return the mean of the sets' scores, weighted by `WEIGHT_OF_SET`."""
    found = _grouped(cases, scores)
    means = {name: mean(_values_of(name, groups)) for name, groups in found.items()}
    total = sum(WEIGHT_OF_SET[name] for name in means)
    return sum(WEIGHT_OF_SET[name] * value for name, value in means.items()) / total


def _values_of(name: str, groups: dict[str, list[float]]) -> list[float]:
    """Return the values whose mean is a set's score: group means for `ndcg`, else all scores."""
    if name == "ndcg":
        return [mean(values) for values in groups.values()]
    return [value for values in groups.values() for value in values]


def _score_fold(
    tables: Sequence[Table], held: set[str], plan: Plan, scores: NDArray[np.float64]
) -> None:
    """Set the scores of the queries of a fold, under weights fitted to the other folds."""
    weights = fit_tables([table for table in tables if table.case.fold not in held], plan)
    for number, table in enumerate(tables):
        if table.case.fold in held:
            scores[number] = table.case.score(table.scores(weights))


def best_plan(tables: Sequence[Table], plan: Plan, folds: int, seed: int) -> Plan:
    """Return the plan whose settings give held-out queries the best scores: see `LEAST_GAIN`."""
    cases = [table.case for table in tables]

    def value(candidate: Plan) -> float:
        return judged(cases, cross_validate(tables, candidate, folds, [seed], nested=False))

    now = value(plan)
    for step in STEPS:
        best, most = plan, now + LEAST_GAIN
        for candidate in step(plan):
            if candidate != plan and (found := value(candidate)) > most:
                best, most = candidate, found
        if best != plan:
            plan, now = best, most
    return plan


def cross_validate(
    tables: Sequence[Table], plan: Plan, folds: int, seeds: Sequence[int], nested: bool = True
) -> list[float]:
    """Return each query's score under weights fitted without its repository.

    The score is the mean over several splits into folds, one for each of `seeds`. If `nested`, the
    settings are chosen without the query's fold too; otherwise, the plan's settings are used.
    """
    totals = np.zeros(len(tables))
    for seed in seeds:
        scores = np.zeros(len(tables))
        for held in folds_of([table.case for table in tables], folds, seed):
            inside = [table for table in tables if table.case.fold not in held]
            chosen = best_plan(inside, plan, INNER_FOLDS, seed) if nested else plan
            _score_fold(tables, held, chosen, scores)
        totals += scores
    return [float(total) / len(seeds) for total in totals]


def by_set(cases: Sequence[Case], scores: Sequence[float]) -> dict[str, Estimate]:
    """Estimate the mean score of each set: over repositories for `ndcg`, else over queries."""
    return {
        name: estimate(groups, "groups" if name == "ndcg" else "queries")
        for name, groups in _grouped(cases, scores).items()
    }


def _grouped(cases: Sequence[Case], scores: Sequence[float]) -> dict[str, dict[str, list[float]]]:
    """Return the scores by set and group."""
    found: dict[str, dict[str, list[float]]] = {}
    for case, score in zip(cases, scores, strict=True):
        found.setdefault(case.set, {}).setdefault(case.group, []).append(score)
    return found
