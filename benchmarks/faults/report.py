"""The final table and the progress lines of a long run."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Sequence

_BEGAN = time.perf_counter()


def table(title: str, rows: Sequence[tuple[str, object]]) -> None:
    """Print a table of the measurements, with the run time and the machine."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    rows = [*rows, ("seconds", f"{time.perf_counter() - _BEGAN:.0f}"), ("machine", machine)]
    width = max(len(name) for name, _ in rows)
    print(f"\n{title}\n{'-' * len(title)}")
    for name, value in rows:
        print(f"{name:<{width}}  {value}")
    sys.stdout.flush()


class Ticker:
    """A progress report for a long run."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total = what, total
        self._last = time.perf_counter()

    def tick(self, done: int) -> None:
        """Print the progress, at most every ten seconds."""
        if time.perf_counter() - self._last > 10:
            self._last = time.perf_counter()
            print(f"{self.what}: {done}/{self.total}", flush=True)
