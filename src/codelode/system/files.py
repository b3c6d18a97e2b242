"""What the store asks of the file system: that bytes and names survive a loss of power.

The data of a file is safe once the file was synced; its name, once its folder was.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from codelode.errors import IndexingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """Say what a full disk, a failing one or a lack of permission means for an index."""
    try:
        yield
    except OSError as error:
        raise IndexingError(
            f"cannot write the index in {directory}: {error.strerror or error};"
            " what was committed before is intact"
        ) from error


@contextmanager
def removed_on_failure(path: Path) -> Iterator[None]:
    """A full disk must not stay full because of us."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def sync_file(sink: BinaryIO) -> None:
    """Everything written to a file is on disk, or an `OSError`."""
    sink.flush()
    os.fsync(sink.fileno())


def sync_folder(directory: Path) -> None:
    """Every name in a folder is on disk, or an `OSError`."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_ancestors(directory: Path) -> None:
    """The names of a folder and of those above it are on disk, as far as we may look."""
    device = directory.stat().st_dev
    for folder in directory.absolute().parents:
        if folder.stat().st_dev != device:
            return
        with suppress(PermissionError):
            sync_folder(folder)
