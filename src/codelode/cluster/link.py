"""A link: the connection of one searcher, as the front sees it."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from codelode.cluster.outbox import Outbox
from codelode.system.framing import Frame, FrameError, encode, receive_at_most

if TYPE_CHECKING:
    from collections.abc import Callable

    from codelode.cluster.handshake import Peer

MOST_BYTES = 1 << 28
"""The largest head or body of a frame."""

SILENCE_SECONDS = 3.0
"""A searcher that was silent for longer is asked nothing until it is heard of again."""


class LinkLostError(ConnectionError):
    """The error of a call whose connection ended before the searcher replied."""


class Link:
    """Calls to one searcher over one connection; replies come in any order.

    Any thread may `call`; no call waits for the network. `ready` holds the views that the searcher
    has open, by name, each with the numbers of the pieces that it could not open.
    """

    def __init__(self, peer: Peer, connection: socket.socket, source: BinaryIO) -> None:
        """Take a connection with a timeout, after the handshake; `source` reads from it."""
        self.name = peer.name
        self.node = peer.node
        self.ready: dict[str, frozenset[int]] = {}
        self.heard = time.monotonic()
        self.lost = False
        self.is_late = False
        """Whether a call was late and nothing has come since: then others are asked first."""
        self._connection = connection
        self._source = source
        self._outbox = Outbox(connection, self.close)
        self._adding = threading.Lock()
        self._waiting: dict[int, Future[Frame]] = {}
        self._calls = 0

    def start(self, ended: Callable[[Link], None]) -> None:
        """Read replies in a thread of this link, which calls `ended` when the connection ends."""
        threading.Thread(target=self._read, args=(ended,), daemon=True).start()

    @property
    def is_live(self) -> bool:
        """Whether the searcher is connected and has sent something recently."""
        return not self.lost and time.monotonic() - self.heard < SILENCE_SECONDS

    def call(self, head: dict[str, Any], body: bytes = b"") -> Future[Frame]:
        """Send a call; the future gets the reply, or raises `LinkLostError`."""
        future: Future[Frame] = Future()
        with self._adding:
            if self.lost:
                future.set_exception(LinkLostError(self.name))
                return future
            self._calls += 1
            number = self._calls
            self._waiting[number] = future
        self._outbox.put(encode({**head, "id": number}, body))
        return future

    def cancel(self, future: Future[Frame]) -> None:
        """Tell the searcher that a reply is no longer wanted; do nothing if the reply has come."""
        for number, waiting in list(self._waiting.items()):
            if waiting is future and self._waiting.pop(number, None) is not None:
                self._outbox.put(encode({"call": "cancel", "id": number}, b""))

    def close(self) -> None:
        """End the connection; the thread of this link fails the calls under way."""
        self.lost = True
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def _read(self, ended: Callable[[Link], None]) -> None:
        try:
            while (frame := receive_at_most(self._source, MOST_BYTES)) is not None:
                self.heard, self.is_late = time.monotonic(), False
                head = frame[0]
                if not isinstance(head, dict) or type(head.get("id")) is not int:
                    break
                future = self._waiting.pop(head["id"], None)
                if future is not None:
                    future.set_result(frame)
        except (OSError, FrameError):
            pass  # treated like the end of the connection
        self.lost = True
        with self._adding:  # `call` adds no more: it sees `lost`
            waiting = list(self._waiting.values())
            self._waiting.clear()
        for future in waiting:
            future.set_exception(LinkLostError(self.name))
        self._outbox.close()
        with suppress(OSError):
            self._source.close()
            self._connection.close()
        ended(self)
