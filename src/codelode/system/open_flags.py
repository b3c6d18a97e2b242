"""Flags for opening files, folders and the terminal; flags that the system lacks are left out.

Child processes inherit no descriptor that Python opens. `FOLDER` and `FILE` do not follow a
symbolic link.
"""

from __future__ import annotations

import os


def _flags(*names: str) -> int:
    flags = os.O_RDONLY
    for name in names:
        flags |= getattr(os, name, 0)
    return flags


TERMINAL = "/dev/tty"
"""The file of the terminal that controls this process; Windows has `CONIN$` and `CONOUT$`."""

NO_CONTROL = _flags("O_NOCTTY")
"""Opening a terminal does not make it the one that controls this process."""

LINKED_FOLDER = _flags("O_DIRECTORY")
FOLDER = LINKED_FOLDER | _flags("O_NOFOLLOW")

LINKED_FILE = _flags("O_BINARY", "O_NOCTTY", "O_NONBLOCK")
FILE = LINKED_FILE | _flags("O_NOFOLLOW")
"""Opening does not wait for the other end of a FIFO."""
