"""Measure the memory of indexing and searching, and its growth with the tree.

    python -m benchmarks.memory ROOT... [--repeats N] [--record]

Memory is sampled from /proc up to fifty times per second and summed over all processes: PSS (shared
pages counted once), RSS (shared pages counted in each process), private (pages of one process only)
and anonymous (heaps and stacks, not backed by files). Searching maps the index, so the first three
kinds include the pages of the index; these belong to the page cache, and the system reclaims them
when it needs memory.

The growth exponent is the slope of log memory over log files: 0 means constant memory, 1 means
memory in proportion to the tree.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.questions import questions
from benchmarks.record.processes import Finished, run
from benchmarks.record.session import Session, add_options

LOOK_EVERY = 0.02
LOOK_SHARE = 0.25  # share of a core for sampling: high, as the peak matters more than the time
LODE = (sys.executable, "-m", "codelode")
COLD = 5
KINDS = ("pss", "rss", "private", "anonymous")


def main() -> None:
    """Parse the command line and measure each tree."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory")
    parser.add_argument("roots", type=Path, nargs="+", metavar="ROOT")
    parser.add_argument("--repeats", type=int, default=1, help="of indexing")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of warm searches")
    parser.add_argument("--scratch", type=Path, help="folder for the indexes (default: temporary)")
    add_options(parser)
    options = parser.parse_args()
    session = Session("memory", options)
    peaks: list[tuple[int, dict[str, float]]] = []
    for root in options.roots:
        corpus = session.corpus(root)
        with tempfile.TemporaryDirectory(prefix="codelode-memory-", dir=options.scratch) as place:
            indexed = indexing(session, corpus.name, root, place, options.repeats)
            searched = searching(session, corpus.name, root, place, options.rounds)
        peaks.append((corpus.files, {**indexed, **searched}))
    if len(peaks) > 1:
        for name in peaks[0][1]:
            points = [(files, values[name]) for files, values in peaks]
            session.add(f"growth exponent/{name}", "power", growth(points))
    session.finish()


def indexing(session: Session, name: str, root: Path, place: str, repeats: int) -> dict[str, float]:
    """Record the peak memory of indexing; return the median peak of each kind of memory."""
    session.say(f"{name}: indexing")
    command = [*LODE, "index", str(root), "--json", "--rebuild"]
    runs = [run(command, _environment(place), LOOK_EVERY, LOOK_SHARE) for _ in range(repeats)]
    session.add(f"{name}/index/processes", "count", runs[0].memory.processes, "neither")
    medians = {}
    for kind in KINDS:
        row = session.add(f"{name}/index/peak {kind}", "MB", _peaks(runs, kind))
        medians[f"index/peak {kind}"] = row.value
    largest = [done.largest_rss / 1e6 for done in runs]
    session.add(f"{name}/index/largest process, peak rss", "MB", largest)
    return medians


def searching(session: Session, name: str, root: Path, place: str, rounds: int) -> dict[str, float]:
    """Record the memory of a searching process: after one search, after many, and when cold."""
    session.say(f"{name}: searching")
    command = [sys.executable, "-m", "benchmarks.scale.warm", str(root)]
    done = run(
        [*command, "--index-dir", place, "--rounds", str(rounds)], None, LOOK_EVERY, LOOK_SHARE
    )
    found = json.loads(done.stdout)
    values = {}
    for moment in ("first", "all"):
        for kind in KINDS:
            row = session.add(
                f"{name}/search/{kind} after {moment}",
                "MB",
                found[f"memory_after_{moment}"][kind] / 1e6,
            )
            values[f"search/{kind} after {moment}"] = row.value
    session.add(f"{name}/search/peak anonymous", "MB", done.memory.anonymous / 1e6)
    cold = []
    for query in questions(root)[:COLD]:
        search = [*LODE, "search", "--json", "--", query, str(root)]
        cold.append(run(search, _environment(place)).largest_rss / 1e6)
    session.add(f"{name}/search/cold process, peak rss", "MB", cold)
    return values


def growth(points: Sequence[tuple[float, float]]) -> float:
    """Return the least-squares slope of log y over log x: y grows as x to this power."""
    xs = [math.log(x) for x, _ in points]
    ys = [math.log(max(y, 1e-9)) for _, y in points]
    middle, level = sum(xs) / len(xs), sum(ys) / len(ys)
    across = sum((x - middle) ** 2 for x in xs)
    up = sum((x - middle) * (y - level) for x, y in zip(xs, ys, strict=True))
    return up / across if across else 0.0


def _peaks(runs: Sequence[Finished], kind: str) -> list[float]:
    return [getattr(done.memory, kind) / 1e6 for done in runs]


def _environment(place: str) -> dict[str, str]:
    return {**os.environ, "LODE_INDEX_DIR": place}


if __name__ == "__main__":
    main()
