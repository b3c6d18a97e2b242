"""The result and the cost of an update: files, stages, waits."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StageTime:
    """Seconds spent in a stage, summed over all processes: wall-clock and CPU."""

    wall: float
    cpu: float

    def __add__(self, other: StageTime) -> StageTime:
        return StageTime(self.wall + other.wall, self.cpu + other.cpu)


@dataclass(frozen=True, slots=True)
class FileCost:
    """The cost of reading and chunking one file; words and vectors are made for a whole batch.

    `wall` and `cpu` are in seconds.
    """

    path: str
    wall: float
    cpu: float
    bytes: int
    chunks: int


@dataclass(frozen=True, slots=True)
class Load:
    """The load of the processes during an update. All times are in seconds.

    `cpu` is the CPU time of all processes, and `utilization` its share of what `cores` cores could
    have provided meanwhile. `worker_wait` is how long workers waited for batches, `parent_wait` how
    long the parent waited for runs, and `run_wait` how long finished runs waited for the parent;
    the waits of several workers, or runs, are added up.
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
    """The result of an update. Sizes are in bytes; `peak_rss_bytes` is the sum over all processes.

    `files`, `chunks` and `segments` describe the index afterwards; `chunks_made` counts the chunks
    of the files that were read. `files_skipped` and `skipped` count the files and folders that the
    walk left out; in a partial update, only those in the named paths. `slowest` and `largest` are
    empty unless the update was asked to profile.
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
