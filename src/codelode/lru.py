"""A thread-safe cache of the most recently used values, which an object keeps in a field.

For the results of pure functions, use `functools.lru_cache` instead.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """A least-recently-used cache, shared by threads.

    Two threads may compute the value of a key at once; the results must be equal. There is no lock,
    because the child of a fork could find one held by a thread that exists only in the parent. Each
    step is one call of a dictionary method; a step that fails because of another thread is skipped.
    """

    def __init__(self, room: int) -> None:
        """Keep at most `room` values, at least 1."""
        self._room = max(1, room)
        self._values: dict[K, V] = {}

    def make_room(self, room: int) -> None:
        """Keep at most `room` values from now on, at least 1."""
        self._room = max(1, room)

    def get(self, key: K) -> V | None:
        """Return the value of a key, or None; the key counts as used now."""
        value = self._values.pop(key, None)
        if value is not None:
            self._values[key] = value
        return value

    def put(self, key: K, value: V) -> None:
        """Store a value, and drop the least recently used ones if there are too many."""
        self._values.pop(key, None)
        self._values[key] = value
        with suppress(KeyError, RuntimeError, StopIteration):  # another thread may drop some, too
            while len(self._values) > self._room:
                del self._values[next(iter(self._values))]
