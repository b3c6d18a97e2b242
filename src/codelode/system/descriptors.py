"""The descriptors of this process: the standard streams, and the limit on open files."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final

FIRST_FREE: Final = 3
"""The first descriptor after those of the standard streams."""

_RESERVE = 256


def open_standard() -> None:
    """Open the null device for each standard stream whose descriptor is closed.

    Otherwise, the next file that is opened would get this descriptor, and be taken for the stream.
    """
    for descriptor in range(FIRST_FREE):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # opens `descriptor`: it is the lowest free one


def allow_open_files(count: int) -> None:
    """Raise the limit so that this process may open `count` more files, as far as permitted."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _RESERVE
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, soft), hard))
