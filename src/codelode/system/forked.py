"""Workers that begin as forks of this process: they need not import what is imported here.

A new Python process takes 0.15 to 0.2 CPU seconds to import what a worker needs, and to take it all
apart at its end. A fork takes 2 ms. It is as good as a new process only if nothing of its parent
can disturb it: see `may_fork`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Final

from codelode.system.descriptors import FIRST_FREE, open_standard
from codelode.system.fork import fork_to
from codelode.system.memory import data_bytes, resident_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES: Final = 128 << 20
"""A larger process is not forked: its memory would count as the worker's."""

_allowed = False
_parents_streams: list[object] = []
"""The standard streams of the parent. Freed in the child, they would write what they hold."""

_TOOLS = 6  # how many tools can use `sys.monitoring` at once
_LONGEST_NAP = 0.05  # seconds

# Arrays of up to some megabytes come and go with every batch and every query. By default, the C
# library (glibc) would give their pages back to the system, which would have to clear pages for the
# next arrays.
KEPT_BYTES: Final = 8 << 20
SPARE_BYTES: Final = 16 << 20
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # the parameters of `mallopt`


def allow_forks() -> None:
    """Let workers be forks of this process: call this only in a program of codelode itself."""
    global _allowed
    _allowed = True


def may_fork(most_bytes: int = MOST_BYTES) -> bool:
    """Return whether a fork of this process can be a worker.

    This is so on Linux, after `allow_forks`, if this process holds at most `most_bytes`, has only
    one thread, and is not watched by a debugger or profiler. If another thread held a lock, the
    lock would never be released in the child.
    """
    if not _allowed or sys.platform != "linux" or _is_watched():
        return False
    try:
        threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    except OSError:
        return False
    # The limit on a worker's allocations counts memory that is allocated but not resident.
    return threads == 1 and max(resident_bytes(), data_bytes()) <= most_bytes


def _is_watched() -> bool:
    """Return whether a debugger, a profiler or a tool for coverage follows this process."""
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return True
    if "tracemalloc" in sys.modules:
        import tracemalloc

        if tracemalloc.is_tracing():
            return True
    if sys.version_info >= (3, 12):  # cProfile, coverage and debuggers may use these hooks instead
        return any(sys.monitoring.get_tool(number) is not None for number in range(_TOOLS))
    return False


class ForkedProcess:
    """A fork that runs the function `main` of a module.

    The parent uses it like a `subprocess.Popen`. The child has its own process group, the two pipes
    as its standard input and output, and no other descriptor of its parent but standard error.
    """

    def __init__(self, module: str, source: BinaryIO, sink: BinaryIO) -> None:
        """Fork this process. Raises `OSError`."""
        main = import_module(module).main
        self.args = module
        self.returncode: int | None = None
        self._reaping = threading.Lock()
        self.pid = fork_to(partial(_become, main, source.fileno(), sink.fileno()))

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status, negative for a signal; wait up to `timeout` seconds for the end.

        The status is lost, and 0 is returned, if the program ignores SIGCHLD, or if other code in
        it has waited for the child. Raises `subprocess.TimeoutExpired`.
        """
        end, nap = time.monotonic() + (timeout or 0), 0.0005
        how = os.WEXITED | os.WNOWAIT | (0 if timeout is None else os.WNOHANG)
        with suppress(ChildProcessError):
            while os.waitid(os.P_PID, self.pid, how) is None:
                left = end - time.monotonic()
                if left <= 0:
                    raise subprocess.TimeoutExpired(self.args, timeout or 0)
                time.sleep(min(nap, left))
                nap = min(2 * nap, _LONGEST_NAP)
        with self._reaping:
            if self.returncode is None:
                self.returncode = 0
                with suppress(ChildProcessError):
                    self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def kill(self) -> None:
        """Kill the child, unless it has been waited for."""
        with self._reaping, suppress(ChildProcessError, ProcessLookupError):
            if self.returncode is None:
                # Raises if the child has been released: its id may be another process's by now.
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
                os.kill(self.pid, signal.SIGKILL)


def _become(main: Callable[[], None], source: int, sink: int) -> None:
    """Run `main` in the child of a fork as in a new process."""
    os.setpgid(0, 0)
    _take_over(source, sink)
    _keep_memory()
    main()


def _take_over(source: int, sink: int) -> None:
    """Make two descriptors the standard input and output; close all others but standard error.

    Neither may be the descriptor of a standard stream. Standard error is closed too if a new
    process would not inherit it: then another file of the parent has its descriptor.
    """
    for number, descriptor in enumerate((source, sink)):
        os.dup2(descriptor, number)
        os.close(descriptor)  # `listdir` needs a free descriptor, whatever the limit
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with suppress(OSError):  # the descriptor of this very list
            if int(name) >= FIRST_FREE or not os.get_inheritable(int(name)):
                os.close(int(name))
    open_standard()
    _parents_streams.extend((sys.stdin, sys.stdout, sys.stderr))
    sys.stdin, sys.stdout, sys.stderr = (  # line-buffered: nothing flushes them at the end
        open(  # noqa: SIM115
            number, mode, 1, encoding="utf-8", errors="backslashreplace", closefd=False
        )
        for number, mode in enumerate("rww")
    )


def _keep_memory() -> None:
    """Set the two limits that glibc reads from the environment only when a process starts."""
    with suppress(ImportError, OSError, AttributeError):  # the C library is not glibc
        from ctypes import CDLL

        mallopt = CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(_TRIM_THRESHOLD, SPARE_BYTES)
