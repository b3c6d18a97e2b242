"""Children of a fork: they have the memory of their parent, but none of its other threads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def after_fork(call: Callable[[], object]) -> None:
    """Call this in every child, at once after the fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=call)
