"""Groups of processes: a program and all that it has started."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress


def end_group(pid: int, seconds: float) -> None:
    """End the processes of a group by SIGTERM, and after `seconds` by SIGKILL."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            os.killpg(pid, 0)  # raises if no process is left
            time.sleep(0.05)
        os.killpg(pid, signal.SIGKILL)


def leads_group(pid: int) -> bool:
    """Return whether a process is running and leads its group."""
    try:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)  # release it if it is an ended child of this process
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False


def kill_own_group() -> None:
    """Kill this process and all others of its group."""
    os.killpg(0, signal.SIGKILL)
