"""Make the scale card: the cost of indexing and searching trees of several sizes.

    python -m benchmarks.scale.card ROOT... [--seconds N] [--queries [NAME=]FILE]... [--record]

Give the trees in order of size, such as 1,000, 10,000 and 78,000 kernel files (`python -m
benchmarks.corpora`). Every indexing run is a fresh `lode` process, as for a user. Its floor is a
run that only reads and parses the same files. Both runs alternate until `--seconds` are spent on a
tree (at least one and at most five runs each), so that a drift of the machine's speed affects both.
The page cache is warm, because the floor runs first.

`--queries` includes results that `benchmarks.scale.queries --json FILE` wrote: those for 1M and 10M
synthetic chunks, or the recall on one of the trees (then NAME is the name of that tree).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.questions import questions
from benchmarks.record.processes import Finished, run
from benchmarks.record.session import Session, add_options
from benchmarks.scale.imported import take
from benchmarks.scale.report import markdown
from codelode.system.cpu import available_cores

MOST_RUNS = 5
LOOK_EVERY = 0.2  # seconds between memory samples: rare, because sampling takes time too
LODE = (sys.executable, "-m", "codelode")


@dataclass(slots=True)
class Runs:
    """The runs on one tree: of indexing, and of its floor, which only reads and parses."""

    indexing: list[Finished] = field(default_factory=list)
    reports: list[dict[str, float]] = field(default_factory=list)
    floors: list[dict[str, float]] = field(default_factory=list)


def main() -> None:
    """Parse the command line, measure each tree, print the card."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.card")
    parser.add_argument("roots", type=Path, nargs="+", metavar="ROOT")
    parser.add_argument("--seconds", type=float, default=90, help="time for indexing, per tree")
    parser.add_argument("--jobs", type=int, default=available_cores())
    parser.add_argument("--searches", type=int, default=11, help="cold ones")
    parser.add_argument("--rounds", type=int, default=10, help="rounds of warm searches")
    parser.add_argument("--queries", action="append", default=[], metavar="[NAME=]FILE")
    parser.add_argument("--scratch", type=Path, help="folder for the indexes (default: temporary)")
    add_options(parser)
    options = parser.parse_args()
    session = Session("scale", options)
    for root in options.roots:
        name = session.corpus(root).name
        with tempfile.TemporaryDirectory(prefix="codelode-card-", dir=options.scratch) as scratch:
            place = Path(scratch)
            indexing(session, name, root, place, options.jobs, options.seconds)
            cold(session, name, root, place, options.searches)
            warm(session, name, root, place, options.rounds)
    for argument in options.queries:
        take(session, argument)
    print(markdown(session.finish()))


def indexing(
    session: Session, name: str, root: Path, place: Path, jobs: int, seconds: float
) -> None:
    """Measure indexing and its floor alternately; then measure an update without changes."""
    session.say(f"{name}: indexing and floor, alternating")
    runs = Runs()
    command = [*LODE, "index", str(root), "--json", "--jobs", str(jobs)]
    floor = [sys.executable, "-m", "benchmarks.scale.floor", str(root), "--jobs", str(jobs)]
    began = time.perf_counter()
    while len(runs.indexing) < MOST_RUNS:
        again = ["--rebuild"] if runs.indexing else []
        runs.floors.append(json.loads(run(floor).stdout))
        runs.indexing.append(run([*command, *again], _environment(place), LOOK_EVERY))
        runs.reports.append(json.loads(runs.indexing[-1].stdout))
        spent = time.perf_counter() - began
        if spent + spent / len(runs.indexing) > seconds:
            break
    unchanged = [run(command, _environment(place)).wall for _ in range(3)]
    _add_indexing(session, name, runs, jobs)
    session.add(f"{name}/update/nothing changed", "s", unchanged)


def _add_indexing(session: Session, name: str, runs: Runs, jobs: int) -> None:
    report = runs.reports[-1]
    wall = [done.wall for done in runs.indexing]
    cpu = [done.cpu for done in runs.indexing]
    pairs = list(zip(wall, cpu, strict=True))
    megabytes = report["bytes_read"] / 1e6
    session.add(f"{name}/files", "files", report["files"], "neither")
    session.add(f"{name}/chunks", "chunks", report["chunks"], "neither")
    session.add(f"{name}/source", "MB", megabytes, "neither")
    session.add(f"{name}/floor/wall", "s", [cost["wall"] for cost in runs.floors], "neither")
    session.add(f"{name}/floor/cpu", "s", [cost["cpu"] for cost in runs.floors], "neither")
    session.add(f"{name}/index/wall", "s", wall, baseline=f"{name}/floor/wall")
    session.add(f"{name}/index/cpu", "s", cpu, baseline=f"{name}/floor/cpu")
    session.add(
        f"{name}/index/per file", "ms", [s * 1000 / report["files"] for s in wall], "neither"
    )
    session.add(f"{name}/index/speed", "MB/s", [megabytes / s for s in wall], "neither")
    session.add(f"{name}/index/cores busy", "share", [c / (w * jobs) for w, c in pairs], "higher")
    session.add(f"{name}/index/peak pss", "MB", [r.memory.pss / 1e6 for r in runs.indexing])
    session.add(f"{name}/index/peak rss", "MB", [r.memory.rss / 1e6 for r in runs.indexing])
    reported = [r["peak_rss_bytes"] / 1e6 for r in runs.reports]
    session.add(f"{name}/index/peak rss, sum of peaks", "MB", reported)
    session.add(f"{name}/index/disk", "MB", report["index_bytes"] / 1e6)
    session.add(
        f"{name}/index/disk share", "of source", report["index_bytes"] / report["bytes_read"]
    )


def cold(session: Session, name: str, root: Path, place: Path, searches: int) -> None:
    """Time new processes of `lode search`; the baseline is a process that only imports numpy."""
    session.say(f"{name}: {searches} cold searches")
    asked = questions(root)
    ran, empty = [], []
    for i in range(searches):
        query = asked[i % len(asked)]
        command = [*LODE, "search", "--json", "-k", "10", "--", query, str(root)]
        ran.append(run(command, _environment(place)))
        empty.append(run([sys.executable, "-c", "import numpy"]).wall)
    session.add(f"{name}/cold search/import numpy", "s", empty, "neither")
    session.add(
        f"{name}/cold search/wall",
        "s",
        [r.wall for r in ran],
        baseline=f"{name}/cold search/import numpy",
    )
    session.add(f"{name}/cold search/cpu", "s", [r.cpu for r in ran])
    session.add(f"{name}/cold search/rss", "MB", [r.largest_rss / 1e6 for r in ran])


def warm(session: Session, name: str, root: Path, place: Path, rounds: int) -> None:
    """Search in one long-lived process."""
    for mode in ("hybrid", "semantic", "lexical"):
        session.say(f"{name}: {rounds} rounds of warm searches, {mode}")
        command = [sys.executable, "-m", "benchmarks.scale.warm", str(root), "--mode", mode]
        command += ["--index-dir", str(place), "--rounds", str(rounds)]
        found = json.loads(run(command).stdout)
        label = f"{name}/warm search" if mode == "hybrid" else f"{name}/warm search, {mode}"
        for share in ("p50", "p95"):
            session.add(f"{label}/{share}", "ms", [s * 1000 for s in found[f"{share}_seconds"]])
        cpu = [s * 1000 for s in found["cpu_seconds_per_query"]]
        session.add(f"{label}/cpu per query", "ms", cpu)
        if mode == "hybrid":
            for kind in ("private", "anonymous", "rss"):
                session.add(f"{label}/{kind}", "MB", found["memory_after_all"][kind] / 1e6)


def _environment(place: Path) -> dict[str, str]:
    return {**os.environ, "LODE_INDEX_DIR": str(place)}


if __name__ == "__main__":
    main()
