"""The memory that this process holds and may hold, as the system counts it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def resident_bytes() -> int:
    """Return the resident memory of this process in bytes, or its peak if only that is known."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return peak_rss_bytes()
    return pages * os.sysconf("SC_PAGE_SIZE")


def data_bytes() -> int:
    """Return the bytes that this process has allocated, resident or not; 0 if unknown."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[5])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def peak_rss_bytes() -> int:
    """Return the largest resident set this process has had, in bytes.

    It is read from /proc where possible: after a fork, `getrusage` starts from the parent's peak.
    """
    peak = peak_rss_bytes_of(os.getpid())
    if peak is not None:
        return peak
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def peak_rss_bytes_of(pid: int) -> int | None:
    """Return a process's largest resident set in bytes; None if unknown or the process ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    peak = status.partition("VmHWM:")[2].split(maxsplit=1)
    return int(peak[0]) * 1024 if peak else None


def largest_child_bytes() -> int:
    """Return the largest resident set of any child that has ended, in bytes."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def private_bytes() -> int | None:
    """Return the bytes that only this process holds and the system cannot drop; None if unknown.

    This is the anonymous memory. The unique set size would also count the pages of an index that no
    other process has mapped.
    """
    try:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    kilobytes = [line.split()[1] for line in lines if line.startswith("Anonymous:")]
    return int(kilobytes[0]) * 1024 if kilobytes else None


def allowed_bytes() -> int | None:
    """Return the machine's memory, or the control group's limit if lower; None if unknown."""
    if not hasattr(os, "sysconf"):
        return None
    allowed = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for name in _CGROUP_LIMITS:
        try:
            text = Path(name).read_text().strip()
        except OSError:
            continue
        if text.isdecimal():
            allowed.append(int(text))
    return min(allowed)


def limit_allocations(limit: int) -> None:
    """Make allocations of this process beyond `limit` bytes fail with `MemoryError` (on Linux)."""
    if sys.platform != "linux":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
