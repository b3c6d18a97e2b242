"""A child process that is started again whenever it ends."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

from codelode.system.processes import ChildProcess

LEAVE = {"leave": True}
"""The message to a child that it is to end; a child that only reads the end of its input was
orphaned."""

_END_SECONDS = 2.0
_LEAST_PAUSE, _MOST_PAUSE = 0.05, 30.0
_SOUND_SECONDS = 10.0
"""A child that lived for longer is started again without a long pause."""


class KeptProcess:
    """Keeps a module running as a child process until `close`; the child sends nothing."""

    def __init__(self, module: str, options: dict[str, Any]) -> None:
        """Start the child. Raises `OSError`."""
        self._module = module
        self._options = options
        self._process = ChildProcess(module, options)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """The id of the current child process."""
        return self._process.pid

    def leave(self) -> None:
        """Tell the child to end; do not start it again."""
        with self._lock:
            self._over.set()
            with suppress(OSError, ValueError):  # the child has just ended
                self._process.send(LEAVE)
                self._process.end_input()

    def close(self) -> None:
        """End the child."""
        self.leave()
        self._process.wait(_END_SECONDS)
        self._thread.join(_END_SECONDS)

    def _keep(self) -> None:
        pause = _LEAST_PAUSE
        while True:
            began = time.monotonic()
            self._process.receive()  # returns when the child ends
            self._process.wait(_END_SECONDS)
            with self._lock:
                self._process.close()
            sound = time.monotonic() - began > _SOUND_SECONDS
            pause = _LEAST_PAUSE if sound else min(2 * pause, _MOST_PAUSE)
            while True:
                if self._over.wait(pause):
                    return
                with self._lock, suppress(OSError):  # no memory or no free process id
                    if self._over.is_set():
                        return
                    self._process = ChildProcess(self._module, self._options)
                    break
                pause = min(2 * pause, _MOST_PAUSE)
