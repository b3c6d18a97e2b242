"""The one cache: for what was worked out and may be asked for again."""

from __future__ import annotations

from contextlib import suppress
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """The values of the keys used last, shared by threads.

    Two threads may work out the value of one key; both must come to the same. There is no lock: the
    child of a fork would find it held by a thread that exists in the parent only. Each step is one
    call of a dict, and a step that another thread has overtaken is left out.
    """

    def __init__(self, room: int) -> None:
        """Keep at most `room` values, at least 1."""
        self._room = max(1, room)
        self._values: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Return the value of a key, or None; the key counts as used now."""
        value = self._values.pop(key, None)
        if value is not None:
            self._values[key] = value
        return value

    def put(self, key: K, value: V) -> None:
        """Keep a value, and drop those used longest ago that there is no room for."""
        self._values.pop(key, None)
        self._values[key] = value
        with suppress(KeyError, RuntimeError, StopIteration):  # another thread drops some, too
            while len(self._values) > self._room:
                del self._values[next(iter(self._values))]
