"""Search one index from one long-lived process; report latencies by round, and memory.

    python -m benchmarks.scale.warm ROOT --index-dir DIR [--rounds N] [--mode MODE] [--queries FILE]

Every round runs every query once; mean, p50 and p95 are over the queries. The first search is
reported separately. It is followed by a warm-up round, which maps and verifies pages and is not
reported. Prints one JSON object; other benchmarks run this module.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean

from benchmarks.questions import questions
from benchmarks.record.processes import Memory, memory_of
from benchmarks.record.samples import percentile
from codelode import Index


def main() -> None:
    """Search and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.warm")
    parser.add_argument("root", type=Path)
    parser.add_argument("--index-dir", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--mode", choices=("hybrid", "semantic", "lexical"), default="hybrid")
    parser.add_argument("--queries", type=Path, help="a JSON list (default: made of the tree)")
    options = parser.parse_args()
    if options.queries:
        asked = json.loads(options.queries.read_text("utf-8"))
    else:
        asked = questions(options.root)
    index = Index.open(options.root, options.index_dir)
    began = time.perf_counter()
    index.search(asked[0], mode=options.mode, fresh="never")
    first = time.perf_counter() - began
    after_first = memory_of(os.getpid())
    ask(index, asked, options.mode)
    rounds, cpu = [], []
    for _ in range(options.rounds):
        before = time.process_time()
        rounds.append(ask(index, asked, options.mode))
        cpu.append((time.process_time() - before) / len(asked))
    after_all = memory_of(os.getpid())
    result = {
        "queries": len(asked),
        "first_seconds": first,
        "mean_seconds": [fmean(times) for times in rounds],
        "p50_seconds": [percentile(times, 0.5) for times in rounds],
        "p95_seconds": [percentile(times, 0.95) for times in rounds],
        "cpu_seconds_per_query": cpu,
        "memory_after_first": _bytes(after_first),
        "memory_after_all": _bytes(after_all),
    }
    print(json.dumps(result))


def ask(index: Index, asked: Sequence[str], mode: str) -> list[float]:
    """Return the seconds that each query takes."""
    times = []
    for query in asked:
        began = time.perf_counter()
        index.search(query, mode=mode, fresh="never")  # type: ignore[arg-type]
        times.append(time.perf_counter() - began)
    return times


def _bytes(memory: Memory) -> dict[str, int]:
    values = asdict(memory)
    del values["processes"]
    return values


if __name__ == "__main__":
    main()
