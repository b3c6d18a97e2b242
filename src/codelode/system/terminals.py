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
    except OSError:  # not the terminal of this process, or no terminal
        return False


@contextmanager
def interrupts_left_to_children() -> Iterator[None]:
    """Ignore Ctrl-C in this process, and leave it to the children, which receive it too.

    A handler that does nothing replaces the usual one. Unlike an ignored signal, a handler is not
    inherited, so Ctrl-C interrupts the children.
    """
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
