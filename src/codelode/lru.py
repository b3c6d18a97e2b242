"""A thread-safe cache of the values used last."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """A least-recently-used cache, shared by threads.

    Two threads may compute the value of a key at once; the results must be equal.
    """

    def __init__(self, room: int) -> None:
        """Keep at most `room` values, at least 1."""
        self._room = max(1, room)
        self._values: dict[K, V] = {}
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return the value of a key, or None; the key counts as used now."""
        with self._lock:
            value = self._values.pop(key, None)
            if value is not None:
                self._values[key] = value
            return value

    def put(self, key: K, value: V) -> None:
        """Store a value, and drop the least recently used ones if there are too many."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = value
            while len(self._values) > self._room:
                del self._values[next(iter(self._values))]
