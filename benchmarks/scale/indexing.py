"""Index a tree and search it from cold processes, with the floor and `import numpy` as baselines.

    python -m benchmarks.scale.indexing ROOT [--jobs N] [--searches N] [--json FILE]

This covers one tree; `benchmarks.scale.card` measures more, on several. It uses the command line,
as a user would. The floor only reads the same files and parses those with a grammar, in the same
number of processes. Times are wall-clock seconds, and CPU seconds summed over all processes. On a
busy machine, the ratio of the CPU seconds is the more reliable one.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.record.processes import run
from benchmarks.scale.floor import Cost, floor
from codelode.system.cpu import available_cores

QUERIES = (
    "allocate memory for a page table",
    "parse command line options",
    "retry after a timeout",
    "read_config",
    "close the connection and free its buffers",
)


def measured(command: list[str], environment: dict[str, str]) -> tuple[Cost, bytes]:
    """Run a command; return its cost and its output."""
    done = run(command, environment)
    return Cost(done.wall, done.cpu), done.stdout


def main() -> None:
    """Measure, and print the results as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.indexing")
    parser.add_argument("root", type=Path)
    parser.add_argument("--jobs", type=int, default=available_cores())
    parser.add_argument("--searches", type=int, default=11)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="codelode-scale-") as scratch:
        environment = {**os.environ, "LODE_INDEX_DIR": scratch}
        lode = [sys.executable, "-m", "codelode"]
        root = str(options.root)
        index, printed = measured(
            [*lode, "index", root, "--json", "--jobs", str(options.jobs)], environment
        )
        report = json.loads(printed)
        search = [*lode, "search", "--json", "-k", "10"]
        cold = [
            measured([*search, QUERIES[i % len(QUERIES)], root], environment)[0]
            for i in range(options.searches)
        ]
        numpy = [
            measured([sys.executable, "-c", "import numpy"], environment)[0]
            for _ in range(options.searches)
        ]
    lowest = floor(options.root, options.jobs)
    result = {
        "files": report["files"],
        "chunks": report["chunks"],
        "megabytes": round(report["bytes_read"] / 1e6, 1),
        "index": asdict(index),
        "floor": asdict(lowest),
        "index_over_floor": {
            "wall": round(index.wall / lowest.wall, 2),
            "cpu": round(index.cpu / lowest.cpu, 2),
        },
        "peak_rss_megabytes": round(report["peak_rss_bytes"] / 1e6),
        "disk_over_source": round(report["index_bytes"] / report["bytes_read"], 3),
        "cold_search": _medians(cold),
        "import_numpy": _medians(numpy),
        "load_average": os.getloadavg()[0],
    }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


def _medians(costs: list[Cost]) -> dict[str, float]:
    return {
        "wall": round(statistics.median(cost.wall for cost in costs), 4),
        "cpu": round(statistics.median(cost.cpu for cost in costs), 4),
    }


if __name__ == "__main__":
    main()
