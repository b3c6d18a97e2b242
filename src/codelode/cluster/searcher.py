"""A searcher: dials the fronts, opens the pieces that they name, and answers their calls.

It has no address and keeps nothing that cannot be made again: after a restart, the fronts give it
its pieces.
"""

from __future__ import annotations

import math
import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from codelode.cluster.calls import Calls
from codelode.cluster.handshake import SECONDS, Peer, introduce, prepare
from codelode.cluster.holdings import Holdings
from codelode.cluster.link import MOST_BYTES
from codelode.errors import CodelodeError
from codelode.system.framing import FrameError, receive_at_most, send

if TYPE_CHECKING:
    from codelode.cluster.files import PieceFiles
    from codelode.system.framing import Frame

_THREADS = 16
"""As many as a front runs searches: those that read texts do not hold up the others."""
_LEAST_PAUSE, _MOST_PAUSE = 0.05, 1.0
_REOPEN_SECONDS = 1.0
_SLOW_CALLS = ("open", "close")
"""Calls that wait for files; they have a thread of their own, so that no search waits for them."""


@dataclass(frozen=True, slots=True)
class SearcherOptions:
    """The name of a searcher, the addresses of its fronts, and the token that they all share.

    `node` names the machine that the searcher runs on; it may be empty.
    """

    name: str
    fronts: list[tuple[str, int]]
    token: str
    node: str = ""


class Searcher:
    """Serves fronts in threads until it is closed."""

    def __init__(
        self, options: SearcherOptions, files: PieceFiles, *, redials: bool = True
    ) -> None:
        """Dial the fronts, which may start later. `files` opens pieces.

        Without `redials`, the searcher does not dial a lost front again, and closes once it has
        lost all fronts.
        """
        self._options = options
        self._redials = redials
        self._lost_fronts = 0
        self._counting = threading.Lock()
        self._holdings = Holdings(files)
        self._closed = threading.Event()
        self._connections: set[socket.socket] = set()
        self._known: set[socket.socket] = set()
        for address in options.fronts:
            threading.Thread(target=self._serve, args=(address,), daemon=True).start()
        threading.Thread(target=self._reopen, daemon=True).start()

    @property
    def connected(self) -> int:
        """The number of fronts that this searcher is connected to."""
        return len(self._known)

    def close(self) -> None:
        """Stop, and disconnect from the fronts."""
        self._closed.set()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the searcher is closed, or for some seconds; return whether it is closed."""
        return self._closed.wait(seconds)

    def _serve(self, address: tuple[str, int]) -> None:
        """Keep dialing a front, and answer its calls while it is connected."""
        pause = _LEAST_PAUSE
        while not self._closed.wait(pause * random.uniform(0.5, 1.0)):
            met = self._meet(address)
            if met and not self._redials:
                self._lose_front()
                return
            pause = _LEAST_PAUSE if met else min(2 * pause, _MOST_PAUSE)

    def _lose_front(self) -> None:
        """Count a lost front; close this searcher when the last front is lost."""
        with self._counting:
            self._lost_fronts += 1
            if self._lost_fronts == len(self._options.fronts):
                self._closed.set()

    def _meet(self, address: tuple[str, int]) -> bool:
        """Answer the calls of a front until it is gone; return whether the handshake succeeded."""
        try:
            connection = socket.create_connection(address, SECONDS)
        except OSError:
            return False
        known = False
        self._connections.add(connection)
        try:
            source, sink = connection.makefile("rb"), connection.makefile("wb")
            peer = Peer(self._options.name, self._options.node)
            introduce(source, sink, self._options.token, peer)
            known = True
            self._known.add(connection)
            prepare(connection)
            _Conversation(connection, Calls(self._holdings, connection)).run(source, sink)
        except (OSError, FrameError, CodelodeError):
            pass  # `_serve` dials the front again
        finally:
            self._connections.discard(connection)
            self._known.discard(connection)
            self._holdings.close_all(connection)
            connection.close()
        return known

    def _reopen(self) -> None:
        """From time to time, retry to open the pieces that are damaged or could not be opened."""
        while not self._closed.wait(_REOPEN_SECONDS):
            for view in self._holdings.views():
                self._holdings.open_missing(view)


class _Conversation:
    """The calls of one front over one connection."""

    def __init__(self, connection: socket.socket, calls: Calls) -> None:
        self._connection = connection
        self._calls = calls
        self._sending = threading.Lock()
        self._under_way: dict[int, dict[str, Any]] = {}
        """The heads of the calls that have not been answered."""

    def run(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Answer calls until the front is gone, falls silent or sends nonsense."""
        with ThreadPoolExecutor(_THREADS) as searches, ThreadPoolExecutor(1) as slow:
            try:
                while (frame := receive_at_most(source, MOST_BYTES)) is not None:
                    head = frame[0]
                    if not isinstance(head, dict) or type(head.get("id")) is not int:
                        raise FrameError("a call without a number")
                    pool = slow if head.get("call") in _SLOW_CALLS else searches
                    if head.get("call") == "ping":
                        self._answer(frame, sink)
                    elif head.get("call") == "cancel":
                        self._under_way.get(head["id"], {})["until"] = 0.0
                    else:
                        head["until"] = _end_of(head)
                        self._under_way[head["id"]] = head
                        pool.submit(self._answer, frame, sink)
            finally:
                with suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)
                for head in list(self._under_way.values()):
                    head["until"] = 0.0
                searches.shutdown(wait=False, cancel_futures=True)
                slow.shutdown(wait=False, cancel_futures=True)

    def _answer(self, frame: Frame, sink: BinaryIO) -> None:
        try:
            head, body = self._calls.answer(frame)
            with self._sending:
                send(sink, {**head, "id": frame[0]["id"]}, body)
        except (OSError, FrameError):
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)  # ends the reading in `run`
        finally:
            self._under_way.pop(frame[0]["id"], None)


def _end_of(head: dict[str, Any]) -> float:
    """Return the time of `time.monotonic` until which the front waits for the answer to a call."""
    seconds = head.get("seconds")
    return time.monotonic() + seconds if isinstance(seconds, float | int) else math.inf
