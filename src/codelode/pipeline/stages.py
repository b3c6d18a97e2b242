"""Clocks: the time that each stage takes, in wall-clock and in CPU seconds."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codelode.report import StageTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NOTHING = StageTime(wall=0.0, cpu=0.0)


class StageClock:
    """Seconds by stage. One stage runs at a time: an inner stage stops the clock of the outer."""

    def __init__(self, cpu: Callable[[], float] = time.process_time) -> None:
        """Take the function that returns the CPU seconds of this process, or of this thread."""
        self.times: dict[str, StageTime] = {}
        self.stage = ""
        self._cpu = cpu
        self._wall_began, self._cpu_began = time.perf_counter(), cpu()

    def enter(self, stage: str) -> None:
        """End the current stage and begin another; the time of the stage "" is not counted."""
        wall, cpu = time.perf_counter(), self._cpu()
        if self.stage:
            self.add(self.stage, StageTime(wall - self._wall_began, cpu - self._cpu_began))
        self.stage, self._wall_began, self._cpu_began = stage, wall, cpu

    @contextmanager
    def during(self, stage: str) -> Iterator[None]:
        """Count the time within the context toward a stage."""
        before = self.stage
        self.enter(stage)
        try:
            yield
        finally:
            self.enter(before)

    def add(self, stage: str, spent: StageTime) -> None:
        """Add a time that was measured elsewhere."""
        self.times[stage] = self.times.get(stage, NOTHING) + spent

    def update(self, times: Mapping[str, StageTime]) -> None:
        """Add the times of another clock."""
        for stage, spent in times.items():
            self.add(stage, spent)
