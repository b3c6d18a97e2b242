"""Sockets for processes of one user, in a folder. Imports next to nothing."""

from __future__ import annotations

import os

from codelode.system.open_flags import LINKED_FOLDER

_LONGEST_ADDRESS = 100  # the system's limit is 108 bytes, and the last is a NUL
_CREDENTIALS_BYTES = 12  # three ints: pid, uid, gid
_PEER_CREDENTIALS = 17  # SO_PEERCRED on Linux


class Address:
    """The address of a socket in a folder, however long the path of the folder is."""

    def __init__(self, folder: str, name: str) -> None:
        """Raise `OSError` if there is no such folder."""
        self._descriptor = -1
        self.path = f"{folder}/{name}"
        if len(os.fsencode(self.path)) > _LONGEST_ADDRESS:
            self._descriptor = os.open(folder, LINKED_FOLDER)
            self.path = f"/proc/self/fd/{self._descriptor}/{name}"

    def close(self) -> None:
        """Release the folder."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def peer_is_same_user(credentials: bytes) -> bool:
    """Return whether the credentials of a peer are those of this user."""
    return int.from_bytes(credentials[4:8], "little") == os.geteuid()


def credentials_option() -> tuple[int, int]:
    """Return the socket option for the credentials of a peer, and their size in bytes."""
    return _PEER_CREDENTIALS, _CREDENTIALS_BYTES
