"""The cost of an update, added up from the parent's clock and from every run."""

from __future__ import annotations

import time
from heapq import nlargest
from typing import TYPE_CHECKING

from codelode.pipeline.stages import NOTHING, StageClock
from codelode.report import Load, StageTime

if TYPE_CHECKING:
    from codelode.pipeline.batch import Run
    from codelode.pipeline.pool import WorkerPool
    from codelode.report import FileCost

LISTED_FILES = 10
"""The number of slowest and of largest files in a report."""


class Ledger:
    """The stages, waits and files of one update. `clock` times the stages of this thread.

    The CPU seconds of this process include those of other threads of the program.
    """

    def __init__(self, cores: int) -> None:
        self.clock = StageClock(time.thread_time)
        self.slowest: list[FileCost] = []
        self.largest: list[FileCost] = []
        self.bytes_read = self.chunks = 0
        self._cores = cores
        self._worker_wait = 0.0
        self._of_runs = StageClock()
        self._began, self._cpu_began = time.perf_counter(), time.process_time()

    @property
    def seconds(self) -> float:
        """The time since the update began."""
        return time.perf_counter() - self._began

    def add(self, run: Run) -> None:
        """Add the times, sizes and counts of a run."""
        self._of_runs.update(run.stages)
        self._worker_wait += run.waited
        self.bytes_read += run.bytes_read
        self.chunks += run.chunks
        if run.costs:
            self.slowest = nlargest(
                LISTED_FILES, self.slowest + run.costs, key=lambda file: file.wall
            )
            self.largest = nlargest(
                LISTED_FILES, self.largest + run.costs, key=lambda file: file.bytes
            )

    def totals(self, pool: WorkerPool | None) -> tuple[dict[str, StageTime], Load]:
        """Return the time of each stage, and how busy the processes were."""
        stages = StageClock()
        stages.update(self._of_runs.times)
        stages.update(self.clock.times)
        if pool is not None:
            # "transfer" is the CPU time of the threads that talk to workers, without their waits.
            stages.add("transfer", StageTime(pool.transfer_cpu, pool.transfer_cpu))
        waited = stages.times.pop("wait", NOTHING)
        seconds = self.seconds
        cpu = time.process_time() - self._cpu_began + (pool.cpu if pool else 0.0)
        return stages.times, Load(
            cpu=cpu,
            cores=self._cores,
            processes=1 + (pool.jobs if pool else 0),
            utilization=cpu / (seconds * self._cores),
            worker_wait=self._worker_wait,
            parent_wait=waited.wall,
            run_wait=pool.run_wait if pool else 0.0,
        )
