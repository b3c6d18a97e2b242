"""Changes of folders, as Linux reports them (inotify(7)), through the C library.

Existing libraries start their own threads and queues. Here the caller reads the kernel's queue
itself. A `read` returns everything that was changed before it, because the kernel queues an
event before the system call that caused the event returns.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path
from typing import NamedTuple

LIMITS = Path("/proc/sys/fs/inotify")
"""The folder of the system's limits, a file each."""

MODIFY, ATTRIB, CLOSE_WRITE = 0x2, 0x4, 0x8
MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x40, 0x80, 0x100, 0x200
DELETE_SELF, MOVE_SELF = 0x400, 0x800
UNMOUNT, OVERFLOW, IGNORED = 0x2000, 0x4000, 0x8000
ONLY_FOLDERS, DONT_FOLLOW, EXCLUDE_UNLINKED, IS_FOLDER = 1 << 24, 1 << 25, 1 << 26, 1 << 30

_OF_FILES = MODIFY | ATTRIB | CLOSE_WRITE
_OF_NAMES = MOVED_FROM | MOVED_TO | CREATE | DELETE | DELETE_SELF | MOVE_SELF
FOLDER_CHANGES = _OF_FILES | _OF_NAMES | ONLY_FOLDERS | DONT_FOLLOW | EXCLUDE_UNLINKED

_EVENT = struct.Struct("iIII")
_READ_BYTES = 1 << 18


class Event(NamedTuple):
    """A change of an entry of a watched folder; `name` is empty if the folder itself changed."""

    watch: int
    mask: int
    name: bytes


class Inotify:
    """A queue of the changes of watched folders. The constructor raises `OSError`."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError(38, "this system does not report changes of folders")
        library = ctypes.CDLL(None, use_errno=True)
        self._add, self._remove = library.inotify_add_watch, library.inotify_rm_watch
        self._add.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)
        self.descriptor: int = _checked(library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def add(self, folder: bytes) -> int:
        """Watch a folder and return the number of the watch.

        A folder that is watched already keeps its number. Raises `OSError`: ENOSPC if the system
        allows no more watches.
        """
        return _checked(self._add(self.descriptor, folder, FOLDER_CHANGES))

    def remove(self, watch: int) -> None:
        """End a watch, if it has not ended by itself."""
        self._remove(self.descriptor, watch)

    def read(self) -> list[Event]:
        """Return the changes since the last call; never wait."""
        events: list[Event] = []
        while True:
            try:
                data = os.read(self.descriptor, _READ_BYTES)
            except BlockingIOError:
                return events
            at = 0
            while at < len(data):
                watch, mask, _, length = _EVENT.unpack_from(data, at)
                at += _EVENT.size
                name = data[at : at + length].rstrip(b"\0")
                at += length
                events.append(Event(watch, mask, name))

    def close(self) -> None:
        """End all watches."""
        os.close(self.descriptor)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
