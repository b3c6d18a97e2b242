"""Bootstrap intervals over repositories.

Queries of one repository succeed and fail together, so repositories are resampled, not queries
(Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, on clustered data).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Weighting = Literal["queries", "groups"]
"""`queries`: the mean over all queries. `groups`: the mean over the groups' means."""

RESAMPLES = 4000
_SEED = 20261126
_TAILS = (2.5, 97.5)


class Estimate(TypedDict):
    """A mean, its 95 % interval, and the number of values."""

    value: float
    low: float
    high: float
    n: int


def estimate(groups: Mapping[str, Sequence[float]], weighting: Weighting = "queries") -> Estimate:
    """Return the mean that `weighting` names, and its percentile bootstrap interval.

    The order of the groups does not matter: they are resampled in the order of their names.
    Raises `ValueError` if there is no value.
    """
    filled = [groups[name] for name in sorted(groups) if groups[name]]
    if not filled:
        raise ValueError("no value to estimate a mean of")
    counts = np.array([len(values) for values in filled], np.float64)
    sums = np.array([sum(values) for values in filled], np.float64)
    if weighting == "groups":
        sums, weights = sums / counts, np.ones(len(filled))
    else:
        weights = counts
    generator = np.random.default_rng(_SEED)
    drawn = generator.integers(0, len(filled), (RESAMPLES, len(filled)))
    means = sums[drawn].sum(axis=1) / weights[drawn].sum(axis=1)
    low, high = np.percentile(means, _TAILS)
    return Estimate(
        value=round(float(sums.sum() / weights.sum()), 6),
        low=round(float(low), 6),
        high=round(float(high), 6),
        n=int(counts.sum()),
    )
