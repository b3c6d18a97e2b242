"""Search from threads for some seconds and collect the latencies."""

from __future__ import annotations

import argparse
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.record.samples import percentile
from codelode import Index
from codelode.errors import CodelodeError

WINDOWS = 5
"""Windows per run: each gives one sample of every figure."""

Search = Callable[[int], object]
"""Runs search number N."""


@dataclass(slots=True)
class Load:
    """The searches of one run, which lasts `seconds`.

    `done` has two times in seconds for each search: its end, counted from the start of the run, and
    its latency. `errors` counts the errors by type.
    """

    seconds: float
    done: list[tuple[float, float]] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def windows(self) -> list[list[float]]:
        """Return the latencies (s) of the searches that ended in each nonempty window.

        The windows are `WINDOWS` equal parts of the run.
        """
        cut: list[list[float]] = [[] for _ in range(WINDOWS)]
        for ended, seconds in self.done:
            cut[min(WINDOWS - 1, int(ended / self.seconds * WINDOWS))].append(seconds)
        return [window for window in cut if window]

    def percentiles(self, share: float) -> list[float]:
        """Return the percentile `share` (0 to 1) of the latencies of each nonempty window (ms)."""
        return [percentile(window, share) * 1000 for window in self.windows()]

    def rates(self) -> list[float]:
        """Return the searches per second of each nonempty window."""
        return [len(window) * WINDOWS / self.seconds for window in self.windows()]


def search_for(seconds: float, threads: int, search: Search) -> Load:
    """Search from `threads` threads for `seconds`; count codelode's errors, but raise others."""
    load = Load(seconds)
    began = time.perf_counter()
    lock = threading.Lock()

    def loop(first: int) -> None:
        done, errors = [], Counter[str]()
        for number in itertools.count(first, threads):
            start = time.perf_counter()
            if start - began >= seconds:
                break
            try:
                search(number)
            except CodelodeError as error:
                errors[type(error).__name__] += 1
            now = time.perf_counter()
            done.append((now - began, now - start))
        with lock:
            load.done.extend(done)
            load.errors.update(errors)

    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(loop, first) for first in range(threads)]:
            future.result()
    return load


def asking(index: Index, asked: Sequence[str]) -> Search:
    """Return a function that searches for query `number` in hybrid mode; numbers wrap around."""
    return lambda number: index.search(asked[number % len(asked)], fresh="never")


def main() -> None:
    """Search as one of several processes and print the load as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.concurrency.load")
    parser.add_argument("root", type=Path)
    parser.add_argument("--index-dir", type=Path, required=True)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    search = asking(
        Index.open(options.root, options.index_dir), json.loads(options.queries.read_text("utf-8"))
    )
    for number in range(30):  # warm up: map the index, verify its pages
        search(number)
    load = search_for(options.seconds, options.threads, search)
    print(json.dumps({"rates": load.rates(), "done": load.done, "errors": load.errors}))


if __name__ == "__main__":
    main()
