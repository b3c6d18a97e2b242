"""Listwise softmax regression: fit weights so that right rows score higher than the others.

The score of a row is a weighted sum. The objective is ListNet's top-one loss (Cao et al., "Learning
to rank: from pairwise approach to listwise approach", 2007) with an L2 penalty. It is convex, so
Newton's method finds the only minimum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = 40
TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True)
class Lists:
    """Concatenated lists of rows; in each, some rows are right and should score above the others.

    `rows` is float64[n, f]; `starts` int64[lists], the first row of each list (no list is empty);
    `wanted` float64[n], the probabilities to learn, with a sum of 1 in each list; `weights`
    float64[lists]; `fixed` float64[n], the part of the score of each row that is not fitted.
    """

    rows: NDArray[np.float64]
    starts: NDArray[np.int64]
    wanted: NDArray[np.float64]
    weights: NDArray[np.float64]
    fixed: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        tables: Sequence[NDArray[np.float64]],
        right: Sequence[NDArray[np.bool_]],
        weights: Sequence[float],
        fixed: Sequence[NDArray[np.float64]] = (),
    ) -> Lists:
        """Join lists, each of which must have a right row.

        For each list, `tables` has the features float64[n, f] of its rows, `right` bool[n] whether
        they are right, and `fixed` float64[n] the fixed part of their scores (default: 0).
        """
        lengths = np.array([len(table) for table in tables], np.int64)
        return cls(
            rows=np.concatenate(tables),
            starts=np.cumsum(lengths) - lengths,
            wanted=np.concatenate([rows / rows.sum() for rows in right]),
            weights=np.array(weights, np.float64) / sum(weights),
            fixed=np.concatenate(fixed) if fixed else np.zeros(int(lengths.sum())),
        )

    def numbers(self) -> NDArray[np.int64]:
        """Return the index of the list that each row belongs to, int64[n]."""
        lengths = np.diff(self.starts, append=len(self.rows))
        return np.repeat(np.arange(len(self.starts)), lengths)


def spread(lists: Lists) -> NDArray[np.float64]:
    """Return the standard deviation of each feature within lists, float64[f]; 1 for constant ones.

    A value shared by a whole list does not change its order, so the mean of each list is subtracted
    first.
    """
    numbers = lists.numbers()
    lengths = np.bincount(numbers)
    means = np.add.reduceat(lists.rows, lists.starts, axis=0) / lengths[:, None]
    share = (lists.weights / lengths)[numbers]
    deviation = np.sqrt((share[:, None] * (lists.rows - means[numbers]) ** 2).sum(axis=0))
    return np.where(deviation > 1e-9, deviation, 1.0)


def loss(lists: Lists, weights: NDArray[np.float64]) -> float:
    """Return the weighted mean cross-entropy of the lists, without a penalty."""
    numbers = lists.numbers()
    logs = _log_probabilities(lists, numbers, weights)
    return float(-(lists.weights[numbers] * lists.wanted * logs).sum())


def fit(
    lists: Lists, penalty: float, start: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the weights float64[f] with the least loss + penalty · |standardized weights|² / 2.

    The penalty applies to weights of features scaled by their `spread`. The search starts from
    `start` float64[f] or zero; there is only one minimum.
    """
    scale = spread(lists)
    scaled = replace(lists, rows=lists.rows / scale)
    numbers = scaled.numbers()
    share = scaled.weights[numbers]
    weights = np.zeros(scaled.rows.shape[1]) if start is None else start * scale

    def value(candidate: NDArray[np.float64]) -> float:
        return loss(scaled, candidate) + penalty / 2 * float(candidate @ candidate)

    best = value(weights)
    for _ in range(STEPS):
        chances = np.exp(_log_probabilities(scaled, numbers, weights))
        gradient = (share * (chances - scaled.wanted)) @ scaled.rows + penalty * weights
        direction = np.linalg.solve(_hessian(scaled, share * chances, penalty), gradient)
        step = 1.0
        while value(weights - step * direction) > best and step > 1e-6:
            step /= 2
        weights = weights - step * direction
        before, best = best, value(weights)
        if before - best < TOLERANCE:
            break
    return weights / scale


def _hessian(lists: Lists, mass: NDArray[np.float64], penalty: float) -> NDArray[np.float64]:
    """Return the Hessian float64[f, f].

    It is the covariance of the features under the model, plus the penalty on the diagonal.
    """
    second = lists.rows.T @ (mass[:, None] * lists.rows)
    means = np.add.reduceat(mass[:, None] * lists.rows, lists.starts, axis=0)
    covariance: NDArray[np.float64] = second - means.T @ (means / lists.weights[:, None])
    return covariance + penalty * np.eye(len(covariance))


def _log_probabilities(
    lists: Lists, numbers: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    scores = lists.rows @ weights + lists.fixed
    scores = scores - np.maximum.reduceat(scores, lists.starts)[numbers]
    totals = np.add.reduceat(np.exp(scores), lists.starts)
    result: NDArray[np.float64] = scores - np.log(totals)[numbers]
    return result
