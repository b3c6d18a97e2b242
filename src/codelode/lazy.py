"""`cached_property` without a lock, in every version of Python.

Before Python 3.12, that of `functools` takes a lock of the class while it works out a value. The
child of a fork would wait forever for a thread that exists in the parent only, and instances wait
for each other. Here two threads may work out one value; both must come to the same.
"""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class cached_property(functools.cached_property[T]):  # noqa: N801 (as the one it replaces)
    """A property that is worked out once for each instance."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        super().__init__(function)
        self.lock = nullcontext()
