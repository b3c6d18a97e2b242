"""What a long run prints at its end: one table, the same for all of them."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Sequence

_BEGAN = time.perf_counter()


def table(title: str, rows: Sequence[tuple[str, object]]) -> None:
    """Print what was measured, and on what."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    rows = [*rows, ("seconds", f"{time.perf_counter() - _BEGAN:.0f}"), ("machine", machine)]
    width = max(len(name) for name, _ in rows)
    print(f"\n{title}\n{'-' * len(title)}")
    for name, value in rows:
        print(f"{name:<{width}}  {value}")
    sys.stdout.flush()


class Ticker:
    """Says now and then how far a long run is."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total = what, total
        self._last = time.perf_counter()

    def tick(self, done: int) -> None:
        """Called often; prints every ten seconds."""
        if time.perf_counter() - self._last > 10:
            self._last = time.perf_counter()
            print(f"{self.what}: {done}/{self.total}", flush=True)
