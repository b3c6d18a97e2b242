"""The terminal of this process, and child processes that use it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager


def is_in_foreground(descriptor: int) -> bool:
    """Return whether this process may read from the terminal that a descriptor is open on."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # not our terminal, or none
        return False


@contextmanager
def interrupts_left_to_children() -> Iterator[None]:
    """Leave Ctrl-C, which the terminal sends to all of its programs, to the child processes.

    A handler is not inherited, unlike a signal that is ignored: the children are interrupted.
    """
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
