"""The temporary folders in which repositories are built.

A task that is killed cannot remove its folder, so a later task on the same machine does it: a
folder in use is locked, and the system drops the lock when the process dies.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.system.locks import is_held, release, try_lock
from codelode.system.own_folder import is_own

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "lode-build-"
_LOCK = "lock"
_UNLOCKED_SECONDS = 60.0
"""A folder younger than this may be about to be locked."""


@contextmanager
def workspace() -> Iterator[Path]:
    """Create a folder, and remove it after the block; first remove the folders of killed tasks.

    Raises `OSError`.
    """
    _sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        descriptor, _ = try_lock(folder / _LOCK)
        try:
            yield folder
        finally:
            if descriptor is not None:
                release(descriptor)
    finally:
        _remove(folder)


def used_bytes(folder: Path) -> int:
    """Return the disk space that a folder takes, in bytes; 0 if it cannot be measured."""
    done = subprocess.run(["du", "-skx", "--", os.fspath(folder)], capture_output=True, check=False)
    size = done.stdout.split(b"\t")[0]  # the exit code does not matter: files may vanish meanwhile
    return 1024 * int(size) if size.isdigit() else 0


def _sweep(parent: Path) -> None:
    """Remove the folders of this user that no task holds any more."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # removed by another task
            status = folder.lstat()
            young = time.time() - status.st_mtime < _UNLOCKED_SECONDS
            if is_own(status) and not young and not is_held(folder / _LOCK):
                _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder, however deep and long its paths are; `shutil.rmtree` recurses."""
    subprocess.run(["rm", "-rf", "--", os.fspath(folder)], capture_output=True, check=False)
