"""Environment variables that look like settings, but that nothing reads."""

from __future__ import annotations

import os
from typing import NamedTuple

from codelode.nearest import nearest
from codelode.settings.keys import KEYS

PREFIX = "LODE_"
OTHERS = ("LODE_CLUSTER_TOKEN", "LODE_MCP_TOKEN", "LODE_SERVE_TOKEN")
"""Variables that are read, but are no settings."""

_MISTAKEN = ("LODE_", "CODELODE_")
"""How a misspelled variable begins, in capitals."""


class Unread(NamedTuple):
    """A variable that nothing reads, and the nearest one that is read; empty if none is near."""

    name: str
    nearest: str

    def __str__(self) -> str:
        """Return the message that nothing reads the variable."""
        advice = f": did you mean {self.nearest}?" if self.nearest else ""
        return f"nothing reads the variable {self.name}{advice}"


def unread_variables() -> list[Unread]:
    """Return the variables that look like settings, but that nothing reads, sorted by name."""
    known = [*(key.variable for key in KEYS), *OTHERS]
    ends = {key.name.rpartition(".")[2].replace("-", "_").upper(): key.variable for key in KEYS}
    ends |= {name.removeprefix(PREFIX): name for name in known}
    ends |= {key.regular_variable.removeprefix(PREFIX): key.variable for key in KEYS}
    found = []
    for name in sorted(os.environ):
        capitals = name.upper()
        if capitals.startswith(_MISTAKEN) and name not in known:
            near = nearest(capitals.partition(PREFIX)[2], ends)
            found.append(Unread(name, ends.get(near, "")))
    return found
