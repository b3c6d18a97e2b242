"""Memory of processes: resident, private and peak."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.system.memory import (
    peak_rss_bytes,
    peak_rss_bytes_of,
    private_bytes,
    resident_bytes,
)

if TYPE_CHECKING:
    import subprocess

_POLL_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of this process, in bytes.

    Resident memory includes pages of files (the index, libraries), which the system can drop and
    other processes share. Private memory excludes them; it is None if the system does not report
    it. `mapped_bytes` is the size of the live segments.
    """

    resident_bytes: int
    private_bytes: int | None
    peak_resident_bytes: int
    mapped_bytes: int


def memory_now(mapped: int) -> Memory:
    """Measure the memory of this process now; `mapped` is the size of the live segments."""
    return Memory(resident_bytes(), private_bytes(), peak_rss_bytes(), mapped)


def watch_peak(process: subprocess.Popen[bytes]) -> int | None:
    """Wait for a process; return its peak resident memory in bytes, or None if none was measured.

    `wait4` is unsuitable: on Linux its peak includes the parent's memory before the exec.
    """
    peak = None
    while process.poll() is None:
        now = peak_rss_bytes_of(process.pid)
        if now is not None:
            peak = now
        time.sleep(_POLL_SECONDS)
    return peak
