"""Memory of processes: resident, private and peak."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.system.memory import peak_rss_bytes, resident_bytes

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
    """Measure the memory of this process now."""
    return Memory(resident_bytes(), private_bytes(), peak_rss_bytes(), mapped)


def private_bytes() -> int | None:
    """Return the anonymous memory of this process, or None if the system does not report it.

    Not the unique set size: that includes pages of the index if no other process has mapped them.
    """
    try:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    kilobytes = [line.split()[1] for line in lines if line.startswith("Anonymous:")]
    return int(kilobytes[0]) * 1024 if kilobytes else None


def watch_peak(process: subprocess.Popen[bytes]) -> int | None:
    """Wait for a process and return the largest resident set that was seen, or None.

    `wait4` would not do: on Linux it includes the parent's memory before the exec.
    """
    peak = None
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        try:
            _, found, rest = status.read_text().partition("VmHWM:")
        except OSError:
            process.wait()
            break
        if found:
            peak = int(rest.split(maxsplit=1)[0]) * 1024
        time.sleep(_POLL_SECONDS)
    return peak
