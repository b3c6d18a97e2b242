"""A socket in a folder on which a process listens for other processes of its user."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

from codelode.system.fork import after_fork
from codelode.system.private_socket import Address, leads_to_same_user

_BACKLOG = 64


class PrivateListener:
    """A socket with a name in a folder, mode 0600. The constructor raises `OSError`.

    It replaces a socket that a dead process left behind: the caller has made sure that no other
    process is listening.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._place = folder / name
        self._place.unlink(missing_ok=True)
        address = Address(os.fspath(folder), name)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.bind(address.path)
            self._place.chmod(0o600)  # until now, the private folder has kept others out
            self._made = self._place.stat()
            self._socket.listen(_BACKLOG)
            self._socket.setblocking(False)
        except OSError:
            self._socket.close()
            raise
        finally:
            address.close()
        _listeners.add(self)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when somebody connects."""
        return self._socket.fileno()

    def accept(self) -> socket.socket | None:
        """Return a connection with a process of this user; None if no process is waiting."""
        while True:
            try:
                connection, _ = self._socket.accept()
            except BlockingIOError:
                return None
            with suppress(OSError):
                if leads_to_same_user(connection):
                    return connection
            connection.close()

    def is_in_place(self) -> bool:
        """Return whether others still find this socket: its folder may have been replaced."""
        try:
            return os.path.samestat(self._made, self._place.stat())
        except OSError:
            return False

    def close(self) -> None:
        """Stop listening and remove the name."""
        if self.is_in_place():
            self._place.unlink(missing_ok=True)
        self.abandon()

    def abandon(self) -> None:
        """Stop listening in this process, as a forked child does at once; its parent goes on."""
        self._socket.close()


def receive_streams(connection: socket.socket) -> list[int]:
    """Return the descriptors that the peer sends by `send_streams`. Raises `OSError`."""
    return socket.recv_fds(connection, 1, 3)[1]


_listeners: WeakSet[PrivateListener] = WeakSet()


def _abandon_all() -> None:
    for listener in list(_listeners):
        listener.abandon()


after_fork(_abandon_all)
