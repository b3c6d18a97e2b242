"""Compare clusters with one machine: every field of every answer, and what the answers cost.

    python -m benchmarks.cluster.identical ROSTER [--requests 200] [--searchers 1 2 4] [--record]

ROSTER is a roster as `lode roster add` makes it; a large one (a million chunks) tells more. The
requests combine queries, modes, filters, limits and selections of repositories at random. One
process answers them, then clusters of processes on the same machine. Any answer that differs in
anything but its duration ends the run. All processes share the cores of this machine, so the
throughput does not grow with the number of searchers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster.rosters import Ask, Cluster, OneMachine, asks, comparable
from benchmarks.faults.world import scratch_folder
from benchmarks.record.samples import percentile
from benchmarks.record.session import Session, add_options
from codelode import Answer
from codelode.roster.roster import Roster

CLIENTS = 8

Answerer = Callable[[Ask], Answer]


def in_turn(
    ways: Sequence[Answerer], asked: Sequence[Ask], expected: list[Answer]
) -> list[list[float]]:
    """Send each request to each of `ways` in turn; return the milliseconds by way and request."""
    taken: list[list[float]] = [[] for _ in ways]
    for ask, right in zip(asked, expected, strict=True):
        for answer, mine in zip(ways, taken, strict=True):
            began = time.perf_counter()
            found = answer(ask)
            mine.append(1e3 * (time.perf_counter() - began))
            assert comparable(found) == right, ask
    return taken


def throughput(answer: Answerer, asked: Sequence[Ask]) -> float:
    """Return the searches per second of several clients at once."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        began = time.perf_counter()
        for _ in pool.map(answer, asked):
            pass
        return len(asked) / (time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare: the numbers of searchers, the requests, and the rounds to time."""

    sizes: Sequence[int]
    asked: Sequence[Ask]
    rounds: int


def compare(session: Session, roster: Roster, plan: Plan, scratch: Path) -> None:
    """Compare clusters of some sizes with one process."""
    here = OneMachine(roster, scratch / "here").answer
    session.say(f"{len(plan.asked)} answers of one process")
    expected = [comparable(here(ask)) for ask in plan.asked]
    session.add("one process/8 clients", "1/s", throughput(here, plan.asked), "higher")
    for size in plan.sizes:
        session.say(f"{size} searchers")
        cluster = Cluster(roster, size, scratch / "cache")
        try:
            time_cluster(session, (here, cluster.answer), plan, expected, f"{size} searchers")
        finally:
            cluster.close()


def time_cluster(
    session: Session,
    ways: tuple[Answerer, Answerer],
    plan: Plan,
    expected: list[Answer],
    name: str,
) -> None:
    """Check the answers of a cluster; time `ways`: one process, and the cluster."""
    in_turn(ways[1:], plan.asked, expected)
    session.say(f"{name}: all of {len(plan.asked)} answers identical")
    figures: dict[str, list[float]] = {}
    for _ in range(plan.rounds):
        local, there = in_turn(ways, plan.asked, expected)
        more = [b - a for a, b in zip(local, there, strict=True)]
        for way, taken in (("one process", local), ("cluster", there), ("added", more)):
            for share in (50, 95):
                figures.setdefault(f"{way}/p{share}", []).append(percentile(taken, share / 100))
    for figure, samples in figures.items():
        row = session.add(f"{name}/{figure}", "ms", samples)
        session.say(f"{row.name}: {row.value:.1f} ms")
    session.add(f"{name}/8 clients", "1/s", throughput(ways[1], plan.asked), "higher")
    session.notes.append(f"{name}: all of {len(plan.asked)} answers identical")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster.identical")
    parser.add_argument("roster", help="a folder or a URL")
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1, help="rounds to time (default: 1)")
    parser.add_argument("--searchers", type=int, nargs="+", default=[1, 2, 4])
    add_options(parser)
    options = parser.parse_args()
    session = Session("cluster-identical", options)
    roster = Roster.open(options.roster)
    visible = roster.select()
    session.say(f"{len(visible)} repositories, {visible.chunks:,} chunks")
    session.add("roster/chunks", "", visible.chunks, "neither")
    session.add("roster/repositories", "", len(visible), "neither")
    with scratch_folder() as folder:
        plan = Plan(options.searchers, asks(roster, options.requests), options.rounds)
        compare(session, roster, plan, folder)
    session.finish()


if __name__ == "__main__":
    main()
