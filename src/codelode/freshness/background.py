"""An update that goes on after the answer, in a process of its own, if the user allows it.

`LODE_BACKGROUND=1` allows it: by default a command leaves no process behind.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.errors import CodelodeError
from codelode.freshness.attempt import LAST_SECONDS, any_under_way
from codelode.store.storage import LOCK
from codelode.system.locks import is_held

if TYPE_CHECKING:
    from codelode.reader import IndexReader

PROGRAM = "codelode.freshness.background"
_POLL_SECONDS = 0.05


def update_in_background(reader: IndexReader) -> bool:
    """Start an update that outlives this process, if allowed; return whether one is under way."""
    if os.environ.get("LODE_BACKGROUND", "0") in ("", "0") or reader.has_own_encoder:
        return False
    if is_held(reader.directory / LOCK) and not any_under_way():
        return True
    import subprocess  # few searches need it

    arguments = [str(reader.root), str(reader.directory), reader.model or ""]
    try:
        subprocess.Popen(
            [sys.executable, "-P", "-m", PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    return True


def main() -> None:
    """Update the index of the root and the folder that the arguments name."""
    from codelode.freshness.refresh import Refresher
    from codelode.reader import IndexReader
    from codelode.system.cpu import lower_priority

    lower_priority(10)
    root, directory, model = sys.argv[1:]
    reader = IndexReader(Path(root), Path(directory), model or None)
    deadline = time.monotonic() + 2 * LAST_SECONDS
    while is_held(reader.directory / LOCK) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)  # the search that started this process may still hold the lock
    if not is_held(reader.directory / LOCK):
        with suppress(CodelodeError):  # the next search will report the error
            Refresher(reader).refresh("always")


if __name__ == "__main__":
    main()
