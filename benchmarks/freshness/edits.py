"""Measure the time until a watcher has indexed an edit, and the cost of the watcher.

    python -m benchmarks.freshness.edits k10000

Works on a copy of the tree. Prints the milliseconds from the end of a write to the commit that has
the new word, the milliseconds of whole `lode search` processes, the CPU time of the idle watcher,
and its private memory. For comparison, prints the private memory of a process that has searched
once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.freshness.histories import watching
from codelode import Index

LODE = [sys.executable, "-m", "codelode"]


def main() -> None:
    """Measure, and print the results as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.freshness.edits")
    parser.add_argument("tree", type=Path)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--searches", type=int, default=20)
    parser.add_argument("--idle", type=float, default=60.0, help="seconds")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lode-edits-"))
    try:
        shutil.copytree(options.tree, folder / "tree", symlinks=True)
        print(json.dumps(measure(folder, options)))
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Return the measurements, made on the copy of the tree in `folder`."""
    root, index_dir = folder / "tree", folder / "index"
    environment = {**os.environ, "LODE_INDEX_DIR": str(index_dir)}
    index = Index.open(root, index_dir=index_dir)
    report = index.update()
    found: dict[str, object] = {"files": report.files, "edits": options.edits}
    found["whole_process_alone_ms"] = searches(root, environment, options.searches)
    never = searches(root, environment, options.searches, "--fresh=never")
    found["whole_process_never_ms"] = never
    reader = subprocess.run(
        [sys.executable, "-c", _READER, root, index_dir], capture_output=True, check=True, text=True
    )
    found["reader_private_mb"] = float(reader.stdout)
    with watching(root, index_dir) as process:
        while not (index.directory / "watch.socket").exists():
            time.sleep(0.1)
        time.sleep(1.0)
        found["whole_process_watched_ms"] = searches(root, environment, options.searches)
        before = cpu_seconds(process.pid)
        time.sleep(options.idle)
        spent = cpu_seconds(process.pid) - before
        found["idle_cpu_percent"] = round(100 * spent / options.idle, 3)
        found["edit_to_commit_ms"] = edits(index, options.edits)
        found["watcher_private_mb"] = private_mb(process.pid)
    return found


def edits(index: Index, count: int) -> dict[str, float]:
    """Edit files one after the other; return percentiles of the time until each commit (ms)."""
    rng = random.Random(0)
    segment = index.snapshot().segments[0].segment
    times = []
    for number in range(count):
        path = index.root / segment.path(rng.randrange(len(segment.files)))
        word = f"editedword{number}x"
        with path.open("a") as file:
            file.write(f"\n/* {word} */\n")
        began = time.perf_counter()
        while not index.search(word, mode="lexical", fresh="never"):
            time.sleep(0.005)
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.1)
    return percentiles(times)


def searches(
    root: Path, environment: dict[str, str], count: int, *options: str
) -> dict[str, float]:
    """Run `lode search` in fresh processes; return percentiles of their duration."""
    command = [*LODE, "search", "schedule a timer", str(root), "-k3", "--no-snippet", *options]
    times = []
    for _ in range(count):
        began = time.perf_counter()
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - began) * 1000)
    return percentiles(times)


def percentiles(times: list[float]) -> dict[str, float]:
    """Return the minimum, median, 95th percentile and maximum."""
    cut = statistics.quantiles(times, n=20)
    return {
        "min": round(min(times), 1),
        "p50": round(statistics.median(times), 1),
        "p95": round(cut[-1], 1),
        "max": round(max(times), 1),
    }


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def private_mb(pid: int) -> float:
    """Return the anonymous memory of a process, in MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return round(
        sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:")) / 1024, 1
    )


_READER = """
import os, sys
from benchmarks.freshness.edits import private_mb
from codelode import Index
Index.open(sys.argv[1], sys.argv[2]).search("schedule a timer", fresh="never")
print(private_mb(os.getpid()))
"""


if __name__ == "__main__":
    main()
