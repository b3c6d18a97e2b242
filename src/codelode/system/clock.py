"""The time for which the machine was suspended."""

from __future__ import annotations

import time


def suspended_seconds() -> float:
    """Return how long this machine was suspended since it started; 0 where that is not known."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
