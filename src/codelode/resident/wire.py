"""The socket between client and server, and what goes over it. Imports next to nothing."""

from __future__ import annotations

import os

SOCKET = "watch.socket"
ACCEPTED = b"A"
SECONDS_TO_ACCEPT = 0.1
SECONDS_TO_ANSWER = 10.0
MAX_REQUEST_BYTES = 1 << 24

_LONGEST_ADDRESS = 100  # the system's limit is 108 bytes, and the last is a NUL
_CREDENTIALS_BYTES = 12  # three ints: pid, uid, gid
_PEER_CREDENTIALS = 17  # SO_PEERCRED on Linux


class Address:
    """The address of a socket in a folder, however long the path of the folder is."""

    def __init__(self, folder: str) -> None:
        """Raise `OSError` if there is no such folder."""
        self._descriptor = -1
        self.path = f"{folder}/{SOCKET}"
        if len(os.fsencode(self.path)) > _LONGEST_ADDRESS:
            self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            self.path = f"/proc/self/fd/{self._descriptor}/{SOCKET}"

    def close(self) -> None:
        """Release the folder."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def peer_is_same_user(credentials: bytes) -> bool:
    """Return whether the credentials of a peer are those of this user."""
    return int.from_bytes(credentials[4:8], "little") == os.geteuid()


def credentials_option() -> tuple[int, int]:
    """Return the option and the size with which a socket tells the credentials of its peer."""
    return _PEER_CREDENTIALS, _CREDENTIALS_BYTES


def pack(program: list[bytes], arguments: list[bytes], environment: dict[bytes, bytes]) -> bytes:
    """Return a request: three lists of strings without NUL characters, after their size.

    `program` is the version and the place of the code, and the current folder.
    """
    variables = [name + b"=" + value for name, value in environment.items()]
    body = b"\0\0".join(
        b"\0".join(b"." + item for item in items) for items in (program, arguments, variables)
    )
    return len(body).to_bytes(4, "little") + body


def unpack(body: bytes) -> tuple[list[bytes], list[bytes], dict[bytes, bytes]]:
    """Return the request that was packed. Raises `ValueError`."""
    program, arguments, variables = (
        [item[1:] for item in items.split(b"\0")] for items in body.split(b"\0\0")
    )
    environment = dict(each.split(b"=", 1) for each in variables if b"=" in each)
    return program, arguments, environment
