"""Files that survive a loss of power, and files mapped for reading.

The data of a file is durable once the file is synced; its name is durable once its folder is
synced.
"""

from __future__ import annotations

import mmap
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from codelode.errors import IndexingError
from codelode.system.leases import Lease
from codelode.system.open_flags import FILE, LINKED_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator


class MappedFile:
    """A file mapped for reading, with a lease that keeps other processes from truncating it.

    Opening raises `OSError`, or `ValueError` for an empty file.
    """

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, FILE)
        self._lease = Lease(descriptor)
        self.name = path.name
        self.view = memoryview(mmap.mmap(descriptor, self._lease.size(), access=mmap.ACCESS_READ))

    def size_now(self) -> int:
        """Return the length of the file as it is now, in bytes."""
        return self._lease.size()

    def take(self) -> None:
        """Hold the lease, if the system grants it."""
        self._lease.take()

    def give_back(self) -> None:
        """End the hold that one call of `take` began."""
        self._lease.give_back()


def read_file(path: Path) -> bytes:
    """Return the bytes of a file that is not a symbolic link. Raises `OSError`."""
    with os.fdopen(os.open(path, FILE), "rb") as file:
        return file.read()


def replace_file(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file atomically. An existing file keeps its mode.

    If `path` is a symbolic link, it stays one, and the file that it leads to is replaced.

    Raises `OSError`.
    """
    import tempfile  # no search needs it

    target = Path(os.path.realpath(path))
    if target.exists():
        mode = target.stat().st_mode & 0o7777
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """Turn an `OSError` (a full disk, no permission) into an `IndexingError`."""
    try:
        yield
    except OSError as error:
        raise IndexingError(
            f"cannot write the index in {directory}: {error.strerror or error};"
            " what was committed before is intact"
        ) from error


@contextmanager
def removed_on_failure(path: Path) -> Iterator[None]:
    """Remove a file unless the block succeeds: a full disk must not stay full."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def sync_file(sink: BinaryIO) -> None:
    """Make everything written to a file durable. Raises `OSError`."""
    sink.flush()
    os.fsync(sink.fileno())


def sync_folder(directory: Path) -> None:
    """Make every name in a folder durable. Raises `OSError`."""
    descriptor = os.open(directory, LINKED_FOLDER)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_ancestors(directory: Path) -> None:
    """Make the name of a folder and of its parents durable, as far as permissions allow."""
    device = directory.stat().st_dev
    for folder in directory.absolute().parents:
        if folder.stat().st_dev != device:
            return
        with suppress(PermissionError):
            sync_folder(folder)
