"""Percentiles and spread, defined once for all benchmarks."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

NORMAL_MAD = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution."""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed.

    The nearest-rank definition: always one of the values. Raises `ValueError` if there are none.
    """
    if not values:
        raise ValueError("no percentile of nothing")
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is not a share between 0 and 1")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values: Sequence[float]) -> float:
    """How far repetitions scatter, as a share of their median: the scaled MAD, 0 for fewer than 3.

    One wild repetition does not change it.
    """
    middle = statistics.median(values)
    if len(values) < 3 or middle == 0:
        return 0.0
    deviation = statistics.median(abs(value - middle) for value in values)
    return NORMAL_MAD * deviation / abs(middle)
