"""What was worked out for a snapshot and may be asked for again."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """The values of the keys used last, shared by threads.

    Two threads may work out the same value; they find the same, so it does not matter whose stays.
    """

    def __init__(self) -> None:
        self._values: dict[K, V] = {}
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The value of a key, or None; now it is the one used last."""
        with self._lock:
            value = self._values.pop(key, None)
            if value is not None:
                self._values[key] = value
            return value

    def put(self, key: K, value: V, room: int) -> None:
        """Keep a value, and with it at most `room` of those used last."""
        with self._lock:
            self._values[key] = value
            while len(self._values) > room:
                del self._values[next(iter(self._values))]
