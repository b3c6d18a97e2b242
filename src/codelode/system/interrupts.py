"""Ctrl-C while a child process has the terminal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_to_children() -> Iterator[None]:
    """Leave Ctrl-C, which the terminal sends to all of its programs, to the child processes.

    A handler is not inherited, unlike a signal that is ignored: the children are interrupted.
    """
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
