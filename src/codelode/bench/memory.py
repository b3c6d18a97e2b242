"""How much memory processes hold: resident, of which private, and at most."""

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


def private_bytes() -> int | None:
    """What this process alone holds and the system cannot drop; None where it does not tell.

    Anonymous memory, not the unique set size: in that, pages of an index that nobody else has
    mapped count too.
    """
    try:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    kilobytes = [line.split()[1] for line in lines if line.startswith("Anonymous:")]
    return int(kilobytes[0]) * 1024 if kilobytes else None


def watch_peak(process: subprocess.Popen[bytes]) -> int | None:
    """Wait for a process; the largest resident set it was seen with, or None.

    Not what `wait4` says: on Linux that counts the parent's memory from before the exec.
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
