"""The tasks of a build on Ray: started, tried again if they die, and joined if they are slices.

Ray itself could try again, but it would not say how often, and it would never give up on a task
that runs out of memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from codelode.cluster.build import build
from codelode.cluster.build_messages import Built
from codelode.errors import CodelodeError
from codelode.roster.join import join

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.cluster.build_messages import Source, TaskOptions
    from codelode.discover.slices import Slice
    from codelode.objects.store import ObjectStore
    from codelode.roster.records import Repository
    from codelode.roster.table import RosterTable

ATTEMPTS = 4
"""A task that dies (with its worker, its node, or out of memory) is started this often at most."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One attempt to build a source, or a slice of it."""

    source: Source
    slice: Slice | None = None
    commit: str = ""
    attempt: int = 1


@dataclass(slots=True)
class _Large:
    """A source that is built in slices, and the slices that are done."""

    planned: Built
    done: dict[Slice, Built] = field(default_factory=dict)


class Schedule:
    """All tasks of a build."""

    def __init__(
        self, ray: Any, options: TaskOptions, table: RosterTable, store: ObjectStore
    ) -> None:
        self._ray = ray
        self._options = options
        self._table = table
        self._store = store
        self._task = ray.remote(build).options(
            num_cpus=options.cores, memory=options.max_memory, max_retries=0
        )
        self._pending: dict[Any, _Task] = {}
        self._large: dict[str, _Large] = {}

    def __bool__(self) -> bool:
        """Return whether anything is left to do."""
        return bool(self._pending)

    def start(self, sources: Sequence[Source]) -> None:
        """Start a task for each source."""
        for source in sources:
            self._start(_Task(source))

    def wait(self, seconds: float) -> Iterator[Built]:
        """Wait up to `seconds` for a task to end; yield the outcomes of sources that are done."""
        done, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=seconds)
        for reference in done:
            task = self._pending.pop(reference)
            built = self._outcome(reference, task)
            if built is None:
                self._start(replace(task, attempt=task.attempt + 1))
            elif built.slices:
                self._large[built.name] = _Large(built)
                for each in built.slices:
                    self._start(_Task(task.source, each, built.commit))
            elif task.slice is None:
                yield built
            elif (whole := self._with_slice(task.slice, built)) is not None:
                yield whole

    def _start(self, task: _Task) -> None:
        row = self._table.find(task.source.name)
        before = "" if row is None else self._table.repository(row).manifest
        reference = self._task.remote(task.source, before, self._options, task.slice, task.commit)
        self._pending[reference] = task

    def _outcome(self, reference: Any, task: _Task) -> Built | None:
        """Return the outcome of a task; None if it has died and is to be tried again."""
        exceptions = self._ray.exceptions
        try:
            built: Built = self._ray.get(reference)
        except exceptions.RayTaskError as error:
            problem = f"its task failed: {_last_line(error)}"
        except exceptions.RayError as error:
            if task.attempt < ATTEMPTS:
                return None
            problem = f"its task died {ATTEMPTS} times: {_first_line(error)}"
        else:
            return replace(built, deaths=task.attempt - 1)
        return Built(task.source.name, problem=problem, deaths=task.attempt - 1)

    def _with_slice(self, slice: Slice, built: Built) -> Built | None:
        """Add a slice that is done; return the whole repository if it was the last."""
        large = self._large[built.name]
        large.done[slice] = built
        if len(large.done) < len(large.planned.slices):
            return None
        del self._large[built.name]
        outcomes = [large.planned, *(large.done[each] for each in large.planned.slices)]
        whole = replace(
            large.planned,
            seconds=sum(each.seconds for each in outcomes),
            peak_bytes=max(each.peak_bytes for each in outcomes),
            deaths=sum(each.deaths for each in outcomes),
        )
        problem = next((each.problem for each in outcomes if each.problem), "")
        made = [each.repository for each in outcomes[1:] if each.repository is not None]
        return replace(whole, problem=problem) if problem else self._joined(whole, made)

    def _joined(self, whole: Built, slices: Sequence[Repository]) -> Built:
        try:
            return replace(whole, repository=join(self._store, slices))
        except CodelodeError as error:
            return replace(whole, problem=str(error))


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _last_line(error: Exception) -> str:
    return str(error).strip().rpartition("\n")[2]
