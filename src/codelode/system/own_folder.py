"""Folders that belong to this user, including one to use if there is no home folder."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from codelode.errors import UsageError


def own_temporary_folder() -> Path:
    """Return a folder that only this user can write to, below the system's temporary folder.

    Raises `UsageError` if its name is taken by anything else.
    """
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir()) / f"codelode-{user}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or not is_own(status) or status.st_mode & 0o022:
        raise UsageError(f"{folder} is not a folder of yours alone: set HOME or LODE_INDEX_DIR")
    return folder


def is_own(status: os.stat_result) -> bool:
    """Return whether a file belongs to this user; True where files have no owners."""
    return not hasattr(os, "getuid") or status.st_uid == os.getuid()
