"""Waiting that another thread can end."""

from __future__ import annotations

import os
import select
import threading
from contextlib import suppress


class Wakeup:
    """A wait for descriptors that has a time limit, and that another thread can end."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)
        self._lock = threading.Lock()
        self._is_closed = False
        self.stopped = False
        """Whether `stop` was called."""

    def wait(self, seconds: float, *descriptors: int) -> bool:
        """Wait; return whether one of the descriptors became readable."""
        if self.stopped:
            return False
        poll = select.poll()
        for descriptor in (self._reading, *descriptors):
            poll.register(descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(seconds * 1000)}
        if self._reading in ready and not self.stopped:
            os.read(self._reading, 1 << 12)
        return not ready.isdisjoint(descriptors)

    def wake(self) -> None:
        """End the current wait, or the next one."""
        with self._lock:
            if not self._is_closed:
                with suppress(BlockingIOError):  # the pipe is full: `wait` will end anyway
                    os.write(self._writing, b"\0")

    def stop(self) -> None:
        """End every wait from now on."""
        self.stopped = True
        self.wake()

    def close(self) -> None:
        """Close the pipe; the caller has made sure that no thread is in `wait` or will call it."""
        with self._lock:
            self._is_closed = True
            os.close(self._reading)
            os.close(self._writing)
