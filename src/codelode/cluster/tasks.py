"""Builds many repositories as tasks of Ray, and commits them to a roster as they come.

A task that dies with its worker is tried again elsewhere; one that runs twice does no harm. Only
this process commits, several repositories at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from codelode.cluster.build import Built, Report, Source, TaskOptions, build
from codelode.cluster.driver import connect
from codelode.errors import CodelodeError, UsageError
from codelode.roster.writer import RosterWriter

if TYPE_CHECKING:
    from codelode.roster.records import Repository
    from codelode.roster.table import RosterTable

_RETRIES = 3
_COMMIT_SECONDS = 5.0
_MOST_IN_COMMIT = 100


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """The roster to build, the address of Ray, and the cores and bytes of memory per task."""

    roster: str
    ray: str
    cores: int
    max_memory: int


def build_all(
    sources: Sequence[Source], options: BuildOptions, progress: Callable[[Built, int], None]
) -> Report:
    """Build all sources and commit them; return the outcomes in the order of the sources.

    `progress` gets each outcome, with the number of outcomes so far. Raises `UsageError`,
    `ClusterError`, and the errors of commits.
    """
    began = time.monotonic()
    writer = RosterWriter.open(options.roster)
    table = writer.table()
    ray = connect(options.ray)
    try:
        pending = _submit(ray, sources, table, options)
        committer = Committer(writer)
        outcomes: dict[str, Built] = {}
        while pending:
            done, _ = ray.wait(list(pending), num_returns=1, timeout=_COMMIT_SECONDS)
            for task in done:
                built = _outcome(ray, task, pending.pop(task))
                outcomes[built.name] = built
                progress(built, len(outcomes))
                committer.add(built)
            committer.commit_if_due()
        committer.commit()
    finally:
        ray.shutdown()
    for name, problem in committer.problems.items():
        outcomes[name] = replace(outcomes[name], problem=problem)
    built_all = [outcomes[source.name] for source in sources]
    return Report(options.roster, built_all, time.monotonic() - began)


def _submit(
    ray: Any, sources: Sequence[Source], table: RosterTable, options: BuildOptions
) -> dict[Any, Source]:
    """Start a task for each source; return the sources by task."""
    asked = TaskOptions(options.roster, options.cores, options.max_memory)
    task = ray.remote(build).options(
        num_cpus=options.cores, memory=options.max_memory, max_retries=_RETRIES
    )
    pending = {}
    for source in sources:
        row = table.find(source.name)
        before = None if row is None else table.repository(row)
        pending[task.remote(source, before, asked)] = source
    return pending


def _outcome(ray: Any, task: Any, source: Source) -> Built:
    """Return the outcome of a task that has succeeded or failed."""
    try:
        built: Built = ray.get(task)
    except ray.exceptions.RayError as error:
        reason = " ".join(str(error).strip().splitlines()[:1])
        return Built(source.name, problem=f"its task died {_RETRIES + 1} times: {reason}")
    return built


class Committer:
    """Commits repositories to a roster, several at a time; `problems` has the refused ones."""

    def __init__(self, writer: RosterWriter) -> None:
        self.problems: dict[str, str] = {}
        self._writer = writer
        self._waiting: list[Repository] = []
        self._since = time.monotonic()

    def add(self, built: Built) -> None:
        """Add a built repository to those that wait for a commit."""
        if built.repository is not None:
            self._waiting.append(built.repository)

    def commit_if_due(self) -> None:
        """Commit the waiting repositories if there are many or the last commit is long ago."""
        late = time.monotonic() - self._since > _COMMIT_SECONDS
        if self._waiting and (late or len(self._waiting) >= _MOST_IN_COMMIT):
            self.commit()

    def commit(self) -> None:
        """Commit the waiting repositories: add the new ones, replace the others.

        One that the roster refuses does not hold up the rest.
        """
        waiting, self._waiting, self._since = self._waiting, [], time.monotonic()
        table = self._writer.table()
        for change, group in (
            (self._writer.add, [each for each in waiting if table.find(each.name) is None]),
            (self._writer.update, [each for each in waiting if table.find(each.name) is not None]),
        ):
            if not group:
                continue
            try:
                change(group)
            except UsageError:  # another writer was faster, or one name is a folder of another
                self._one_by_one(change, group)

    def _one_by_one(self, change: Callable[..., object], group: Sequence[Repository]) -> None:
        for each in group:
            try:
                change([each])
            except CodelodeError as error:
                self.problems[each.name] = str(error)
