"""Children of a fork: they share the memory of their parent, but have none of its threads."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def after_fork(call: Callable[[], object]) -> None:
    """Register a function to call in every child right after a fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=call)


def fork_to(run: Callable[[], object]) -> int:
    """Fork a child that runs `run` and ends; return its process id. Raises `OSError`.

    The child never returns to the code of its parent. It runs none of its parent's signal handlers,
    exit handlers or finalizers. Its exit status is 1 if `run` raises, else 0.
    """
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    collects = gc.isenabled()
    try:
        # Between the fork and `_run`, a handler that raises would unwind the child's copy of the
        # parent's stack, and a collection would finalize the parent's garbage.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        gc.disable()
        child = os.fork()
        if not child:
            _run(run, mask)
    finally:
        if collects:
            gc.enable()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return child


def _run(run: Callable[[], object], mask: Iterable[int]) -> NoReturn:
    """Call `run` in the child of a fork, then end the child."""
    status = 1
    try:
        try:
            _own_collector()
            _default_handlers()
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            with suppress(SystemExit):
                run()
            status = 0
        finally:
            if status:
                sys.__excepthook__(*sys.exc_info())
    finally:
        os._exit(status)


def _own_collector() -> None:
    """Let the garbage collector ignore all objects that were made before the fork."""
    # A file of the parent may be garbage. Its finalizer would write to its descriptor and close
    # it, but the descriptor has another use here.
    gc.freeze()
    gc.callbacks.clear()
    gc.set_debug(0)
    gc.enable()


def _default_handlers() -> None:
    """Restore the default handler of each signal that this program does not ignore."""
    import faulthandler

    signal.set_wakeup_fd(-1)
    reports = faulthandler.is_enabled()
    faulthandler.disable()
    for number in signal.valid_signals():
        # `getsignal` does not know the handlers of C libraries.
        if signal.getsignal(number) is not signal.SIG_IGN:
            with suppress(OSError):  # SIGKILL and SIGSTOP
                signal.signal(number, signal.SIG_DFL)
    if reports:  # the file that faulthandler writes to may be closed here
        faulthandler.enable(2)


def has_ended(child: int) -> bool:
    """Return whether a child has ended, and release it if so. Do not wait."""
    return os.waitpid(child, os.WNOHANG)[0] != 0


def wait_for(child: int) -> None:
    """Wait until a child has ended, and release it."""
    os.waitpid(child, 0)


def kill(child: int) -> None:
    """Kill a child, and release it."""
    os.kill(child, signal.SIGKILL)
    wait_for(child)


def end_after(seconds: int) -> None:
    """Let the system end this process after some seconds; 0 revokes that."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)


def is_readable(descriptor: int, seconds: float) -> bool:
    """Wait until a pipe has data or its writer has ended; return False after `seconds`."""
    import select

    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def enlarge_pipe(writing: int, size: int) -> None:
    """Let a pipe hold `size` bytes before its writer waits, if the system allows that."""
    import fcntl

    with suppress(OSError, AttributeError):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, size)


class ForkLock:
    """A lock that is free in the child of a fork: a thread that holds it exists in the parent only.

    So it may only guard data that stay usable wherever that thread was interrupted.
    """

    def __init__(self) -> None:
        self.free()
        _locks.add(self)

    def free(self) -> None:
        """Forget who holds the lock."""
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_error: object) -> None:
        self._lock.release()


_locks: WeakSet[ForkLock] = WeakSet()


def _free_all() -> None:
    for lock in list(_locks):
        lock.free()


after_fork(_free_all)
