"""Percentile and spread, defined once for all benchmarks."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

NORMAL_MAD = 1.4826
"""Ratio of standard deviation to median absolute deviation of a normal distribution."""


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile by the nearest-rank definition; `share` is from 0 to 1.

    The result is the smallest value such that at least this share of all values is at or below it.
    Raises `ValueError` if there are no values.
    """
    if not values:
        raise ValueError("no percentile of nothing")
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is not a share between 0 and 1")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values: Sequence[float]) -> float:
    """Return the scaled MAD of repetitions, as a share of their median.

    The MAD is the median absolute deviation; a single outlier does not change it. For fewer than 3
    values, or a median of 0, the result is 0.
    """
    middle = statistics.median(values)
    if len(values) < 3 or middle == 0:
        return 0.0
    deviation = statistics.median(abs(value - middle) for value in values)
    return NORMAL_MAD * deviation / abs(middle)
