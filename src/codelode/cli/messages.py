"""What several commands have to say."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def no_index(root: Path) -> str:
    """That there is no index of a root, and the command that makes one."""
    return f"no index of {root}: build it with `lode index {shlex.quote(str(root))}`"
