"""A cache of results."""

from __future__ import annotations

import functools

MAX_ENTRIES = 100


class Cache:
    """Keeps the newest entries."""

    def __init__(self, size: int = MAX_ENTRIES) -> None:
        self.size = size

    @property
    def full(self) -> bool:
        """Whether nothing more fits."""
        return len(self.entries) >= self.size

    async def fetch(self, key: str) -> str:
        return await self.load(key)

    class Entry:
        pass


# Remembers what a function returned.
# Twice.
@functools.wraps
def cached(function):
    def wrapper(*args):
        return function(*args)

    return wrapper


if True:

    def fallback():
        r"""Only where needed."""


try:
    import fast
except ImportError:

    class Slow:
        pass


type Pair = tuple[int, int]
