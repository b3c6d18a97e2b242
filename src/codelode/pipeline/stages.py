"""Clocks: how long each stage takes, by the clock on the wall and in CPU seconds."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codelode.report import StageTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NOTHING = StageTime(0.0, 0.0)


class StageClock:
    """Seconds by stage. One stage runs at a time: one within another stops the other's clock."""

    def __init__(self, cpu: Callable[[], float] = time.process_time) -> None:
        """`cpu` tells the CPU seconds of this process, or of this thread."""
        self.times: dict[str, StageTime] = {}
        self.stage = ""
        self._cpu = cpu
        self._wall_began, self._cpu_began = time.perf_counter(), cpu()

    def enter(self, stage: str) -> None:
        """From now on it is this stage; the empty one is not counted."""
        wall, cpu = time.perf_counter(), self._cpu()
        if self.stage:
            self.add(self.stage, StageTime(wall - self._wall_began, cpu - self._cpu_began))
        self.stage, self._wall_began, self._cpu_began = stage, wall, cpu

    @contextmanager
    def during(self, stage: str) -> Iterator[None]:
        """It is this stage for as long as the context lasts."""
        before = self.stage
        self.enter(stage)
        try:
            yield
        finally:
            self.enter(before)

    def add(self, stage: str, spent: StageTime) -> None:
        """Count what was measured elsewhere."""
        self.times[stage] = self.times.get(stage, NOTHING) + spent

    def update(self, times: Mapping[str, StageTime]) -> None:
        """Count what another clock measured."""
        for stage, spent in times.items():
            self.add(stage, spent)
