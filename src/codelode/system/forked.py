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
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Final, NoReturn

from codelode.system.fork import fork
from codelode.system.memory import resident_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES: Final = 128 << 20
"""A larger process is not forked: its memory would count as the worker's."""

_FIRST_FREE = 3  # the first descriptor after the standard streams
_LONGEST_NAP = 0.05  # seconds

# Arrays of up to some megabytes come and go with every batch and every query. By default, the C
# library (glibc) would give their pages back to the system, which would have to clear pages for the
# next arrays.
KEPT_BYTES: Final = 8 << 20
SPARE_BYTES: Final = 16 << 20
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # the parameters of `mallopt`


def may_fork() -> bool:
    """Return whether a fork of this process can be a worker.

    It can be on Linux, if this process is small and has one thread, which no debugger or profiler
    watches. A lock that another thread holds would never be released in the child.
    """
    if sys.platform != "linux" or sys.gettrace() is not None or sys.getprofile() is not None:
        return False
    try:
        threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    except OSError:
        return False
    return threads == 1 and resident_bytes() <= MOST_BYTES


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
        self.pid = fork()
        if not self.pid:
            _become(main, source.fileno(), sink.fileno())

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status, negative for a signal; wait up to `timeout` seconds for the end.

        Raises `subprocess.TimeoutExpired`.
        """
        end, nap = time.monotonic() + (timeout or 0), 0.0005
        how = os.WEXITED | os.WNOWAIT | (0 if timeout is None else os.WNOHANG)
        with suppress(ChildProcessError):  # another thread has released the child
            while os.waitid(os.P_PID, self.pid, how) is None:
                left = end - time.monotonic()
                if left <= 0:
                    raise subprocess.TimeoutExpired(self.args, timeout or 0)
                time.sleep(min(nap, left))
                nap = min(2 * nap, _LONGEST_NAP)
        with self._reaping:
            if self.returncode is None:
                self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def kill(self) -> None:
        """Kill the child, unless it has been waited for."""
        with self._reaping:
            if self.returncode is None:
                os.kill(self.pid, signal.SIGKILL)


def _become(main: Callable[[], None], source: int, sink: int) -> NoReturn:
    """Run `main` in the child of a fork as in a new process, and end."""
    status = 1
    try:
        with suppress(KeyboardInterrupt, SystemExit):
            _default_handlers()
            os.setpgid(0, 0)
            _take_over(source, sink)
            _keep_memory()
            main()
        status = 0
    finally:
        if status:
            sys.excepthook(*sys.exc_info())
        os._exit(status)


def _default_handlers() -> None:
    """Restore the default handlers of signals, except of those that this program ignores."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)


def _take_over(source: int, sink: int) -> None:
    """Make two descriptors the standard input and output; close all others but standard error."""
    import fcntl

    copies = [fcntl.fcntl(each, fcntl.F_DUPFD, _FIRST_FREE) for each in (source, sink)]
    for number, copy in enumerate(copies):
        os.dup2(copy, number)
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        if int(name) >= _FIRST_FREE:
            with suppress(OSError):  # the descriptor of this very list
                os.close(int(name))
    # The parent's streams may hold text that it will write itself.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115


def _keep_memory() -> None:
    """Set the two limits that glibc reads from the environment only when a process starts."""
    from ctypes import CDLL

    with suppress(AttributeError):  # another C library
        mallopt = CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(_TRIM_THRESHOLD, SPARE_BYTES)
