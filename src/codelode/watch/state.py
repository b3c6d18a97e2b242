"""The state of the watcher of an index, in a file that `lode status` reads."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from codelode.types import WatchState
from codelode.watch.lease import is_watched

if TYPE_CHECKING:
    from pathlib import Path

STATE = "watch.json"


def write_state(directory: Path, state: WatchState) -> None:
    """Replace the state of a watcher. A full disk does not stop the watcher."""
    temporary = directory / f"{STATE}.{state.pid}.tmp"
    with suppress(OSError):
        temporary.write_text(json.dumps(asdict(state)))
        temporary.rename(directory / STATE)


def read_state(directory: Path) -> WatchState | None:
    """Return the state of the watcher of an index; None if no process watches."""
    if not is_watched(directory):
        return None
    try:
        found = json.loads((directory / STATE).read_text())
        known = {each.name for each in fields(WatchState)}
        return WatchState(**{name: found[name] for name in known})
    except (OSError, ValueError, TypeError, KeyError):
        return WatchState(pid=0, mode="starting")
