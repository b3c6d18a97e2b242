"""Compare clusters with one process: every field of every answer, and the cost of the answers.

    python -m benchmarks.cluster.identical ROSTER [--requests 200] [--searchers 1 2 4] [--record]

ROSTER is a roster as `lode roster add` makes it, preferably a large one (a million chunks). The
requests combine queries, modes, filters, limits and selections of repositories at random. One
process answers them, then clusters of processes on the same machine. An answer that differs in
anything but its duration and freshness ends the run; with several clients at once, such answers are
only counted. All processes share the cores of this machine, so the throughput does not grow with
the number of searchers.
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

CLIENTS = (1, 2, 4, 8)

Answerer = Callable[[Ask], Answer]


def in_turn(
    ways: Sequence[Answerer], asked: Sequence[Ask], expected: list[Answer]
) -> list[list[float]]:
    """Send each request to all `ways` in turn, and assert that each answer is as expected.

    Returns the duration of each request in ms, for each way.
    """
    taken: list[list[float]] = [[] for _ in ways]
    for ask, right in zip(asked, expected, strict=True):
        for answer, mine in zip(ways, taken, strict=True):
            began = time.perf_counter()
            found = answer(ask)
            mine.append(1e3 * (time.perf_counter() - began))
            assert comparable(found) == right, ask
    return taken


def at_once(
    session: Session, name: str, answer: Answerer, asked: Sequence[Ask], expected: Sequence[Answer]
) -> None:
    """Record the searches per second of concurrent clients, and count partial or wrong answers."""
    for clients in CLIENTS:
        taken: list[float] = []

        def check(pair: tuple[Ask, Answer], taken: list[float] = taken) -> str:
            began = time.perf_counter()
            found = answer(pair[0])
            taken.append(1e3 * (time.perf_counter() - began))
            return "partial" if found.missing else "" if comparable(found) == pair[1] else "other"

        with ThreadPoolExecutor(clients) as pool:
            began = time.perf_counter()
            problems = [*filter(None, pool.map(check, zip(asked, expected, strict=True)))]
            seconds = time.perf_counter() - began
        session.add(f"{name}/{clients} clients", "1/s", len(asked) / seconds, "higher")
        session.add(f"{name}/{clients} clients/p95", "ms", percentile(taken, 0.95))
        row = session.add(f"{name}/{clients} clients/partial or wrong", "", float(len(problems)))
        session.say(f"{row.name}: {len(problems)}; {len(asked) / seconds:.1f} searches/s")


@dataclass(frozen=True, slots=True)
class Plan:
    """A comparison to run: numbers of searchers, the requests, and the number of timed rounds."""

    sizes: Sequence[int]
    asked: Sequence[Ask]
    rounds: int


def compare(session: Session, roster: Roster, plan: Plan, scratch: Path) -> None:
    """Compare a cluster of each size in `plan` with one process."""
    here = OneMachine(roster, scratch / "here").answer
    session.say(f"{len(plan.asked)} answers of one process")
    expected = [comparable(here(ask)) for ask in plan.asked]
    at_once(session, "one process", here, plan.asked, expected)
    for size in plan.sizes:
        session.say(f"{size} searchers")
        cluster = Cluster(roster, size, scratch / "cache")
        try:
            time_cluster(session, (here, cluster.answer), plan, expected, f"{size} searchers")
            at_once(session, f"{size} searchers", cluster.answer_soon, plan.asked, expected)
        finally:
            cluster.close()


def time_cluster(
    session: Session,
    ways: tuple[Answerer, Answerer],
    plan: Plan,
    expected: list[Answer],
    name: str,
) -> None:
    """Check the answers of a cluster, then time both `ways`: one process, and the cluster."""
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
