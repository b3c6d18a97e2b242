"""Sockets for processes of one user, in a folder. Imports next to nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from codelode.system.open_flags import LINKED_FOLDER

if TYPE_CHECKING:
    import _socket

_LONGEST_ADDRESS = 100  # the system's limit is 108 bytes, and the last is a NUL
_CREDENTIALS_BYTES = 12  # three ints: pid, uid, gid
_PEER_CREDENTIALS = 17  # SO_PEERCRED on Linux


class Address:
    """The address of a socket in a folder, however long the path of the folder is."""

    def __init__(self, folder: str, name: str) -> None:
        """Open the folder if the path is too long for an address; raise `OSError` if that fails."""
        self._descriptor = -1
        self.path = f"{folder}/{name}"
        if len(os.fsencode(self.path)) > _LONGEST_ADDRESS:
            self._descriptor = os.open(folder, LINKED_FOLDER)
            self.path = f"/proc/self/fd/{self._descriptor}/{name}"

    def close(self) -> None:
        """Close the folder, if it is open."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def peer_is_same_user(credentials: bytes) -> bool:
    """Return whether the credentials of a peer are those of this user."""
    return int.from_bytes(credentials[4:8], "little") == os.geteuid()


def leads_to_same_user(connection: _socket.socket) -> bool:
    """Return whether the peer of a connection is a process of this user. Raises `OSError`."""
    import _socket  # `socket` would double what a short search imports

    credentials = connection.getsockopt(_socket.SOL_SOCKET, _PEER_CREDENTIALS, _CREDENTIALS_BYTES)
    return peer_is_same_user(credentials)


def send_streams(connection: _socket.socket) -> None:
    """Give the peer of a connection the standard streams of this process. Raises `OSError`."""
    import _socket

    streams = b"".join(number.to_bytes(4, "little") for number in range(3))
    connection.sendmsg([b"S"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])


def connect(folder: str, name: str, seconds: float) -> _socket.socket:
    """Connect to a process of this user, which listens on the socket with a name in a folder.

    The connection has a timeout of `seconds`. Raises `OSError`, also if another user listens.
    """
    import _socket

    address = Address(folder, name)
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect(address.path)
        if not leads_to_same_user(connection):
            raise PermissionError(f"another user listens on {address.path}")
    except OSError:
        connection.close()
        raise
    finally:
        address.close()
    return connection
