"""Children of a fork: they share the memory of their parent, but have none of its threads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def after_fork(call: Callable[[], object]) -> None:
    """Register a function to call in every child right after a fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=call)
