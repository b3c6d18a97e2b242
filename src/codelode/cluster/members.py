"""The searchers that are connected to a front."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from codelode.cluster.handshake import SECONDS, greet, prepare
from codelode.cluster.link import Link
from codelode.errors import UsageError
from codelode.system.framing import FrameError

if TYPE_CHECKING:
    from collections.abc import Callable

FORGET_SECONDS = 20.0
"""A searcher that is gone for longer loses its pieces to the others."""

RETURN_SECONDS = 3.0
"""A search waits for this time for a searcher that is gone or silent, if no other has its pieces.

Ray starts a searcher again within this time.
"""

_PING_SECONDS = 1.0
_MOST_HANDSHAKES = 64


class Members:
    """Accepts searchers at an address and keeps a link to each: the newest link for each name."""

    def __init__(self, address: tuple[str, int], token: str) -> None:
        """Listen. Raises `UsageError` if the address is taken."""
        try:
            self._server = socket.create_server(address)
        except OSError as error:
            raise UsageError(
                f"cannot listen at {address[0]}:{address[1]}: {error.strerror or error}"
            ) from None
        self._token = token
        self._changed: Callable[[], None] = _ignore
        self._lock = threading.Lock()
        self._links: dict[str, Link] = {}
        self._seen: dict[str, tuple[float, str]] = {}
        self._handshakes = threading.BoundedSemaphore(_MOST_HANDSHAKES)
        self._closed = threading.Event()

    def start(self, changed: Callable[[], None]) -> None:
        """Accept searchers. `changed` is called, from any thread, when one comes or goes."""
        self._changed = changed
        for target in (self._accept, self._ping):
            threading.Thread(target=target, daemon=True).start()

    @property
    def address(self) -> tuple[str, int]:
        """The address that searchers dial."""
        host, port = self._server.getsockname()[:2]
        return str(host), int(port)

    def link(self, name: str) -> Link | None:
        """Return the link to a searcher, None if it is not connected."""
        return self._links.get(name)

    def may_return(self, name: str) -> bool:
        """Return whether a searcher is connected, or was a moment ago."""
        seen = self._seen.get(name)
        just_now = seen is not None and time.monotonic() - seen[0] < RETURN_SECONDS
        return just_now or name in self._links

    def links(self) -> list[Link]:
        """Return all links."""
        with self._lock:
            return list(self._links.values())

    def nodes(self) -> dict[str, str]:
        """Return the node of each searcher that is or recently was connected, ordered by name."""
        now = time.monotonic()
        with self._lock:
            for name, link in self._links.items():
                if link.is_live:
                    self._seen[name] = now, link.node
            self._seen = {
                name: seen for name, seen in self._seen.items() if now - seen[0] < FORGET_SECONDS
            }
            return {name: self._seen[name][1] for name in sorted(self._seen)}

    def close(self) -> None:
        """End all connections; accept no more."""
        self._closed.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for link in self.links():
            link.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._server.accept()
            except OSError:
                if self._closed.is_set():
                    return
                time.sleep(0.05)  # too many open files: wait until some are closed
                continue
            if self._handshakes.acquire(blocking=False):
                threading.Thread(target=self._join, args=(connection,), daemon=True).start()
            else:
                connection.close()

    def _join(self, connection: socket.socket) -> None:
        """Turn a connection into a link, or close it."""
        try:
            connection.settimeout(SECONDS)
            source, sink = connection.makefile("rb"), connection.makefile("wb")
            peer = greet(source, sink, self._token)
            sink.detach()
            prepare(connection)
        except (OSError, FrameError):
            connection.close()
            return
        finally:
            self._handshakes.release()
        link = Link(peer, connection, source)
        with self._lock:
            before = self._links.get(link.name)
            self._links[link.name] = link
            self._seen[link.name] = time.monotonic(), link.node
        if before is not None:
            before.close()
        link.start(self._ended)
        self._changed()

    def _ended(self, link: Link) -> None:
        with self._lock:
            if self._links.get(link.name) is link:
                del self._links[link.name]
                self._seen[link.name] = time.monotonic(), link.node
        self._changed()

    def _ping(self) -> None:
        while not self._closed.wait(_PING_SECONDS):
            for link in self.links():
                link.call({"call": "ping"})


def _ignore() -> None:
    """Do nothing: no callback for changes has been set yet."""
