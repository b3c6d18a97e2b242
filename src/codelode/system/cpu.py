"""The cores of the machine, and the priority of this process."""

from __future__ import annotations

import os


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def lower_priority(steps: int) -> None:
    """Lower the priority of this process by adding to its niceness."""
    if hasattr(os, "nice"):
        os.nice(steps)


def load_average() -> float:
    """Return the mean number of runnable processes in the last minute; 0 if unknown."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
