"""Search times: one search after the other, from several threads, and in new processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from codelode.bench.memory import watch_peak

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from codelode.index import Index

    Search = Callable[[str], object]

WARMING_SHARE = 0.5
"""Share of the time for uncounted searches, which map pages of the index and check them."""
COLD_RUNS = 5


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of the wall seconds of `queries` searches, interpolated linearly."""

    queries: int
    p50_seconds: float
    p95_seconds: float
    p99_seconds: float
    max_seconds: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """Searches per second from `threads` threads at once."""

    threads: int
    queries: int
    queries_per_second: float


@dataclass(frozen=True, slots=True)
class Cold:
    """Wall seconds of whole `lode search` processes, from start to exit.

    `peak_rss_bytes` is the largest resident set of one more such process, or None if the system
    does not report it.
    """

    processes: int
    median_seconds: float
    max_seconds: float
    peak_rss_bytes: int | None


def latency(seconds: Sequence[float]) -> Latency:
    """Return the percentiles of at least one measurement."""
    p50, p95, p99 = np.percentile(seconds, (50, 95, 99)).tolist()
    return Latency(len(seconds), p50, p95, p99, max(seconds))


def measure(
    searches: Mapping[str, Search], queries: Sequence[str], duration: float
) -> dict[str, Latency]:
    """Measure warm searches of several kinds for about `duration` seconds, with at least one query.

    Each query runs through all kinds before the next query, so that other load on the machine
    affects all kinds alike. Returns a latency for each name in `searches`.
    """
    began = time.perf_counter()
    warm = _timed(searches, queries, began + WARMING_SHARE * duration)
    known = len(next(iter(warm.values())))
    timed = _timed(searches, queries[:known], began + duration)
    return {name: latency(seconds) for name, seconds in timed.items()}


def _timed(
    searches: Mapping[str, Search], queries: Sequence[str], deadline: float
) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in searches}
    for query in queries:
        for name, search in searches.items():
            began = time.perf_counter()
            search(query)
            seconds[name].append(time.perf_counter() - began)
        if time.perf_counter() >= deadline:
            break
    return seconds


def throughput(search: Search, queries: Sequence[str], threads: int, duration: float) -> Throughput:
    """Count the searches that `threads` threads finish in `duration` seconds."""
    began = time.perf_counter()

    def work(first: int) -> int:
        done = 0
        while not done or time.perf_counter() - began < duration:
            search(queries[(first + done) % len(queries)])
            done += 1
        return done

    with ThreadPoolExecutor(threads, thread_name_prefix="lode-bench") as pool:
        # Threads start at different queries: equal queries at the same time would share caches.
        starts = [len(queries) * number // threads for number in range(threads)]
        done = sum(pool.map(work, starts))
    return Throughput(threads, done, done / (time.perf_counter() - began))


def cold(index: Index, queries: Sequence[str], duration: float) -> Cold | None:
    """Time searches in new processes for about `duration` seconds; return None if one fails.

    The first process is not timed; its peak memory is measured. It brings the files into the page
    cache, where they are in every search but a user's first.
    """
    began = time.perf_counter()
    # -P: Python must not import modules from the current folder.
    command = [sys.executable, "-P", "-m", "codelode", "search", "--no-index", "--json"]
    command += ["--index-dir", os.fspath(index.directory), "--"]
    processes = [[*command, query, os.fspath(index.root)] for query in queries[: COLD_RUNS + 1]]
    seconds: list[float] = []
    peak = None
    for number in range(COLD_RUNS + 1):
        process = processes[number % len(processes)]
        started = time.perf_counter()
        if number == 0:
            peak = watch_peak(_start(process))
            continue
        if _start(process).wait() not in (0, 1):
            return None
        seconds.append(time.perf_counter() - started)
        if time.perf_counter() - began > duration:
            break
    return Cold(len(seconds), statistics.median(seconds), max(seconds), peak)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere)
