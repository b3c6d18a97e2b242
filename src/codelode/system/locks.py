"""A lock file: held by one process, dropped by the operating system when that process dies."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_PID_BYTES = 32


_held: set[int] = set()


class Attempt(NamedTuple):
    """The descriptor that holds the lock (None: another process holds it), and the holder's pid."""

    descriptor: int | None
    holder: str


def try_lock(path: Path) -> Attempt:
    """Try to lock a file, which is created if missing; `release` drops the lock.

    The file holds the pid of its holder, for people. Raises `OSError`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if _flock(descriptor) and is_locked_at(descriptor, path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            _held.add(descriptor)
            return Attempt(descriptor, str(os.getpid()))
        holder = os.pread(descriptor, _PID_BYTES, 0).decode("ascii", "replace").strip()
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return Attempt(None, holder or "unknown")


def release(descriptor: int) -> None:
    """Drop a lock."""
    _held.discard(descriptor)
    os.close(descriptor)


def abandon() -> None:
    """Close all locks in the child of a fork, so that they end when the parent ends."""
    while _held:
        os.close(_held.pop())


def _flock(descriptor: int) -> bool:
    import fcntl  # Windows has no such module

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Return whether a process holds the lock of a file."""
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_locked_at(descriptor: int, path: Path) -> bool:
    """Return whether the locked file is still at its path: the folder may have been replaced."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
