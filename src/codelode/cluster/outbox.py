"""Bytes from a front to a searcher: no caller waits until the network takes them.

A searcher that hangs, or whose network is cut, stops taking bytes. A search that waited for it
would be late although other searchers could answer.
"""

from __future__ import annotations

import select
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from codelode.cluster.handshake import MOST_SILENCE

MOST_WAITING = 1 << 26
"""The bytes that may wait for a searcher, before the connection is given up."""


class Outbox:
    """Sends bytes over a connection in the order of the calls. Any thread may `put`."""

    def __init__(self, connection: socket.socket, failed: Callable[[], None]) -> None:
        """Send over a connection; the connection's own timeout applies only to reading from it.

        `failed` is called, from any thread, once bytes are lost, or the network takes no bytes
        for too long.
        """
        self._connection = connection.dup()
        self._connection.setblocking(False)
        self._failed = failed
        self._lock = threading.Lock()
        self._waiting: deque[memoryview] = deque()
        self._sender: threading.Thread | None = None
        self._closed = False

    def put(self, data: bytes) -> None:
        """Send at once what the network takes; a thread sends the rest, if there is any."""
        with self._lock:
            if self._closed:
                return
            rest = memoryview(data)
            if self._sender is None:
                try:
                    rest = rest[self._take(rest) :]
                except OSError:
                    self._closed = True
            if len(rest) and not self._closed:
                self._waiting.append(rest)
                self._closed = sum(map(len, self._waiting)) > MOST_WAITING
                if self._sender is None:
                    self._sender = threading.Thread(target=self._send_rest, daemon=True)
                    self._sender.start()
            failed = self._closed
        if failed:
            self._failed()

    def close(self) -> None:
        """Send nothing more."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            if self._sender is None:
                self._connection.close()

    def _take(self, data: memoryview) -> int:
        """Send the bytes that the network takes now; return their number. Raises `OSError`."""
        try:
            return self._connection.send(data)
        except BlockingIOError:
            return 0

    def _send_rest(self) -> None:
        """Send until no bytes wait any more."""
        try:
            while self._send_some():
                _, writable, _ = select.select([], [self._connection], [], MOST_SILENCE)
                if not writable:
                    raise TimeoutError
        except (OSError, ValueError):
            with self._lock:
                self._closed = True
                self._sender = None
                with suppress(OSError):
                    self._connection.close()
            self._failed()

    def _send_some(self) -> bool:
        """Send what the network takes at once; return whether more is waiting.

        After False, this thread must end, because `put` may start another one.
        """
        with self._lock:
            while self._waiting and not self._closed:
                rest = self._waiting.popleft()
                rest = rest[self._take(rest) :]
                if len(rest):
                    self._waiting.appendleft(rest)
                    return True
            self._sender = None
            if self._closed:
                self._connection.close()
            return False
