"""How much memory processes hold: resident, of which private, and at most."""

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
    """Of this process, in bytes. Resident memory has pages of files in it: the index, libraries.

    The system can drop those, and other processes share them; private memory (None where the
    system does not tell) is without them. `mapped_bytes` is the size of the live segments.
    """

    resident_bytes: int
    private_bytes: int | None
    peak_resident_bytes: int
    mapped_bytes: int


def memory_now(mapped: int) -> Memory:
    """What this process holds now."""
    return Memory(resident_bytes(), private_bytes(), peak_rss_bytes(), mapped)


def watch_peak(process: subprocess.Popen[bytes]) -> int | None:
    """Wait for a process; the largest resident set it was seen with, or None.

    Not what `wait4` says: on Linux that counts the parent's memory from before the exec.
    """
    peak = None
    while process.poll() is None:
        now = peak_rss_bytes_of(process.pid)
        if now is not None:
            peak = now
        time.sleep(_POLL_SECONDS)
    return peak
