"""Run commands and measure them with all their descendants: time, CPU, memory.

Memory is sampled from /proc, so a peak between two samples is missed. A sample is the sum over all
processes at one moment; the sum of the peaks of the single processes may be larger. PSS counts a
page shared by several processes once in total; private memory does not count it at all; RSS counts
it in each process. Anonymous memory is not backed by a file. The other kinds include mapped files,
which are page cache that the system reclaims when it needs to.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KIB = 1024


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory in bytes of a group of processes; `processes` is the number of processes."""

    rss: int = 0
    pss: int = 0
    private: int = 0
    anonymous: int = 0
    processes: int = 0

    def __add__(self, other: Memory) -> Memory:
        return Memory(
            self.rss + other.rss,
            self.pss + other.pss,
            self.private + other.private,
            self.anonymous + other.anonymous,
            self.processes + other.processes,
        )

    def peak(self, other: Memory) -> Memory:
        """Return the larger of the two values of each field; the peaks need not coincide."""
        return Memory(
            max(self.rss, other.rss),
            max(self.pss, other.pss),
            max(self.private, other.private),
            max(self.anonymous, other.anonymous),
            max(self.processes, other.processes),
        )


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that succeeded: wall and CPU seconds, its output, its memory.

    `cpu` and `largest_rss` (bytes, of its largest process) come from the system and cover all
    descendants that were waited for. `memory` is the peak of the samples, if any were taken.
    """

    wall: float
    cpu: float
    largest_rss: int
    stdout: bytes
    memory: Memory


class CommandError(RuntimeError):
    """An error for a measured command that failed."""


def run(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    look_every: float | None = None,
    look_share: float = 0.02,
) -> Finished:
    """Run a command to its end; if `look_every` is given, sample its memory that often (seconds).

    Sampling processes with gigabytes of memory takes milliseconds. Samples become rarer where they
    would use more than `look_share` of a core, so that they do not slow down what they measure.

    Raises `CommandError` if the command fails.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        child = subprocess.Popen(command, env=environment, stdout=out, stderr=errors)
        with PeakMemory(child.pid, look_every, look_share) as watched:
            _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if child.returncode:
            tail = errors.read().decode("utf-8", "replace")[-2000:]
            raise CommandError(f"{' '.join(command)} exited with {child.returncode}:\n{tail}")
        return Finished(
            wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * KIB, out.read(), watched.peak
        )


class PeakMemory:
    """A context manager that samples the memory of a process and its descendants."""

    def __init__(self, pid: int, look_every: float | None, look_share: float) -> None:
        self.peak = Memory()
        self._pid = pid
        self._interval = look_every
        self._share = look_share
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> PeakMemory:
        if self._interval is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._interval is not None:
            self._thread.join()

    def _look(self) -> None:
        while not self._ended.is_set():
            before = time.thread_time()
            self.peak = self.peak.peak(memory_of_tree(self._pid))
            cost = time.thread_time() - before
            self._ended.wait(max(self._interval or 0.0, cost / self._share))


def memory_of_tree(pid: int) -> Memory:
    """Return the current memory of a process and all its descendants."""
    total = Memory()
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        total += memory_of(each)
        waiting.extend(children(each))
    return total


def memory_of(pid: int) -> Memory:
    """Return the current memory of one process; zero if it has ended."""
    values = {"Rss": 0, "Pss": 0, "Private_Clean": 0, "Private_Dirty": 0, "Anonymous": 0}
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return Memory()
    for line in text.splitlines()[1:]:
        name, _, value = line.partition(":")
        if name in values:
            values[name] = int(value.split()[0]) * KIB
    private = values["Private_Clean"] + values["Private_Dirty"]
    return Memory(values["Rss"], values["Pss"], private, values["Anonymous"], 1)


def children(pid: int) -> list[int]:
    """Return the running child processes of a process."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found.extend(map(int, (task / "children").read_text().split()))
    except OSError:  # the process has ended
        pass
    return found
