"""Builds many repositories as tasks of Ray, and commits them to a roster as they are finished.

A task that dies with its Ray worker is tried again elsewhere; a task that runs twice does no harm.
Only this process commits, several repositories at a time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from codelode.cluster.build_messages import Built
from codelode.cluster.committer import COMMIT_SECONDS, Committer
from codelode.cluster.driver import connect
from codelode.cluster.schedule import Schedule
from codelode.roster.writer import RosterWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codelode.cluster.build_messages import Source, TaskOptions


@dataclass(frozen=True, slots=True)
class Report:
    """The outcomes of a whole build, and its duration in seconds."""

    roster: str
    built: Sequence[Built]
    seconds: float


def build_all(
    sources: Sequence[Source],
    options: TaskOptions,
    address: str,
    progress: Callable[[Built, int], None],
    warn: Callable[[str], None],
) -> Report:
    """Build all `sources` on the Ray cluster at an address; return the outcomes in the same order.

    `progress` gets each outcome, with the number of outcomes so far; `warn` is called with a
    message if no node is large enough for a task. Raises `UsageError`, `ClusterError`, and the
    errors of commits.
    """
    began = time.monotonic()
    writer = RosterWriter.open(options.roster)
    table = writer.table()
    ray = connect(address)
    try:
        _check_nodes(ray, options, warn)
        schedule = Schedule(ray, options, table, writer.store)
        schedule.start(sources)
        committer = Committer(writer)
        outcomes: dict[str, Built] = {}
        while schedule:
            for built in schedule.wait(COMMIT_SECONDS):
                outcomes[built.name] = built
                progress(built, len(outcomes))
                committer.add(built)
            committer.commit_if_due()
        committer.commit()
    finally:
        ray.shutdown()
    for name, problem in committer.problems.items():
        outcomes[name] = replace(outcomes[name], repository=None, problem=problem)
    return Report(
        options.roster, [outcomes[source.name] for source in sources], time.monotonic() - began
    )


def _check_nodes(ray: Any, options: TaskOptions, warn: Callable[[str], None]) -> None:
    """Warn if no node has what a task needs: Ray would wait for such a node."""
    fits = any(
        node["Alive"]
        and node["Resources"].get("CPU", 0) >= options.cores
        and node["Resources"].get("memory", 0) >= options.max_memory
        for node in ray.nodes()
    )
    if not fits:
        warn(
            f"no node has the {options.cores} cores and {options.max_memory:,} bytes of memory that"
            " a task needs: waiting for one (--task-cores, --task-memory)"
        )
