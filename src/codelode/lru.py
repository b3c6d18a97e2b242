"""A thread-safe cache with a bounded number of values."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """A least-recently-used cache, shared by threads.

    Two threads may compute the same value at once. The values are equal, so either may stay.
    """

    def __init__(self) -> None:
        self._values: dict[K, V] = {}
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return the value of a key, or None, and mark it as used."""
        with self._lock:
            value = self._values.pop(key, None)
            if value is not None:
                self._values[key] = value
            return value

    def put(self, key: K, value: V, room: int) -> None:
        """Store a value; keep at most `room` values, the most recently used."""
        with self._lock:
            self._values[key] = value
            while len(self._values) > room:
                del self._values[next(iter(self._values))]
