"""What an update did and what it cost: files, stages, waits."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StageTime:
    """Seconds spent in a stage, summed over all processes: by the clock and of CPU."""

    wall: float
    cpu: float

    def __add__(self, other: StageTime) -> StageTime:
        return StageTime(self.wall + other.wall, self.cpu + other.cpu)


@dataclass(frozen=True, slots=True)
class FileCost:
    """What it took to read and cut one file; its words are counted and embedded with others'.

    `wall` and `cpu` are seconds.
    """

    path: str
    wall: float
    cpu: float
    bytes: int
    chunks: int


@dataclass(frozen=True, slots=True)
class Load:
    """How busy the processes were. All times in seconds.

    `cpu` is that of all processes; `utilization` is its share of what `cores` cores could have
    given in the time the update took. `worker_wait` is how long workers waited for batches, all
    together; `parent_wait` how long the parent waited for runs; `run_wait` how long finished runs
    waited for the parent, all together.
    """

    cpu: float
    cores: int
    processes: int
    utilization: float
    worker_wait: float
    parent_wait: float
    run_wait: float


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What an update did. Sizes in bytes; `peak_rss_bytes` is the sum over all processes.

    `chunks` and `segments` are what the index has now, `chunks_made` what was made of the files
    that were read. `slowest` and `largest` are empty unless the update was asked to profile.
    """

    files: int
    files_added: int
    files_changed: int
    files_removed: int
    files_skipped: int
    chunks: int
    chunks_made: int
    bytes_read: int
    index_bytes: int
    seconds: float
    peak_rss_bytes: int
    generation: int
    segments: int
    load: Load
    skipped: dict[str, int] = field(default_factory=dict)
    stages: dict[str, StageTime] = field(default_factory=dict)
    slowest: list[FileCost] = field(default_factory=list)
    largest: list[FileCost] = field(default_factory=list)
