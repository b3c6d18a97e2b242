"""`cached_property` without a lock, in every version of Python.

Before Python 3.12, `functools.cached_property` holds a lock of the class while it computes a value.
The child of a fork would wait forever for a lock whose thread exists in the parent only, and
instances would wait for each other. Here two threads may compute the same value at once; the
results must be equal.
"""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class cached_property(functools.cached_property[T]):  # noqa: N801 (as the one it replaces)
    """A property that is computed once for each instance."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        super().__init__(function)
        self.lock = nullcontext()
