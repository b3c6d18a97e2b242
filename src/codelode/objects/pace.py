"""The pace of transfers: a bandwidth limit, and a count for progress."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_PIECE = 8 << 20
SMALLEST_PIECE = 64 << 10


class Pace:
    """The common pace of all transfers of one operation; threads share it.

    `moved` is called with the number of bytes of each piece, by one thread at a time.
    """

    def __init__(
        self, bytes_per_second: float | None = None, moved: Callable[[int], None] | None = None
    ) -> None:
        self._rate = bytes_per_second
        self._moved = moved
        self._lock = Lock()
        self._free_at = 0.0

    @property
    def piece(self) -> int:
        """The number of bytes to move at a time: half a second's worth, within limits."""
        if self._rate is None:
            return LARGEST_PIECE
        return int(min(max(self._rate / 2, SMALLEST_PIECE), LARGEST_PIECE))

    def add(self, size: int) -> None:
        """Count bytes that were moved, and sleep as long as the limit requires."""
        with self._lock:
            if self._moved is not None:
                self._moved(size)
            if self._rate is None:
                return
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + size / self._rate
            wait = self._free_at - now
        time.sleep(wait)
