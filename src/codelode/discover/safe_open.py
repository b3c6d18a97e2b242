"""Open files without following links, and translate errors to `Skip`."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from codelode.errors import IndexingError
from codelode.system.open_flags import FILE, FOLDER, LINKED_FILE, LINKED_FOLDER
from codelode.types import Skip, SkipReason

_REASONS = {
    errno.ENOENT: SkipReason.VANISHED,
    errno.ENOTDIR: SkipReason.VANISHED,
    errno.ESTALE: SkipReason.VANISHED,
    errno.ELOOP: SkipReason.SYMLINK,
    errno.ENXIO: SkipReason.SPECIAL,
    errno.ENODEV: SkipReason.SPECIAL,
}
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


def refusal(path: str, error: OSError) -> Skip:
    """Return the skip for an error at `path`.

    Raises `IndexingError` if the machine has run out of a resource: the file is not to blame, and
    skipping it would remove it from the index.
    """
    if error.errno in _EXHAUSTED:
        raise IndexingError(f"{os.strerror(error.errno)}, at {path!r}: close something and retry")
    reason = _REASONS.get(error.errno or 0, SkipReason.UNREADABLE)
    detail = (error.strerror or str(error)) if reason is SkipReason.UNREADABLE else ""
    return Skip(path, reason, detail.lower())


_GROWTH = 4096
"""A file of settings may grow this much while it is read; it is usually replaced as a whole."""


def open_stepwise(root: str, path: str) -> int:
    """Return a descriptor of the file at `path` below `root`, opened folder by folder.

    No link below the root is followed, and the path may be longer than the system allows.
    Raises `OSError`.
    """
    *folders, name = path.split("/")
    place = os.open(root, LINKED_FOLDER)
    try:
        for folder in folders:
            below = os.open(folder, FOLDER, dir_fd=place)
            os.close(place)
            place = below
        return os.open(name, FILE, dir_fd=place)
    finally:
        os.close(place)


def read_at_most(descriptor: int, size: int) -> bytes:
    """Read from the current position to the end of the file, but at most `size` bytes."""
    data = os.read(descriptor, size)
    if not data or len(data) == size:
        return data
    pieces, missing = [data], size - len(data)
    while missing and (data := os.read(descriptor, missing)):
        pieces.append(data)
        missing -= len(data)
    return b"".join(pieces) if len(pieces) > 1 else pieces[0]


def read_settings(
    path: str | Path, limit: int, *, folder: int | None = None, follow: bool = False
) -> bytes | None:
    """Return the bytes of a small file; None unless it is a regular file of at most `limit` bytes.

    `path` is relative to the open `folder`, if given; links are followed only on request. Raises
    `IndexingError` as `refusal` does.
    """
    try:
        descriptor = os.open(path, LINKED_FILE if follow else FILE, dir_fd=folder)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
                return None
            # `os.read` allocates as many bytes as it is asked for, and `limit` may be a gigabyte.
            return read_at_most(descriptor, min(limit, status.st_size + _GROWTH))
        finally:
            os.close(descriptor)
    except OSError as error:
        refusal(str(path), error)
        return None
