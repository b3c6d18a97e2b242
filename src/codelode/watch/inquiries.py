"""Answers the inquiries of other processes about freshness while a watcher leads."""

from __future__ import annotations

import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from codelode.errors import CodelodeError
from codelode.freshness.inquiry import ACCEPTED, SOCKET, pack
from codelode.freshness.refresh import Refresher, Watched, budget
from codelode.system.private_listener import PrivateListener
from codelode.system.wakeup import Wakeup

if TYPE_CHECKING:
    import socket

    from codelode.reader import IndexReader

_POLL_SECONDS = 2.0
_SEND_SECONDS = 0.2
_SHARE = 0.8
"""The share of the budget of a search that an answer takes at most."""


class Inquiries:
    """The server of an index's socket: one thread accepts inquiries promptly, another answers them.

    One look answers all inquiries that arrived before it began.
    """

    def __init__(self, reader: IndexReader, watcher: Watched) -> None:
        self._directory = reader.directory
        self._refresher = Refresher(reader, budget() * _SHARE)
        self._refresher.watcher = watcher
        self._wakeup = Wakeup()
        self._asking: list[socket.socket] = []
        self._change = threading.Condition()  # notified of a new inquiry, and of the end
        self.working = threading.Lock()
        """Held while an answer is made."""
        self._threads = [
            threading.Thread(target=run, name="lode-inquiries", daemon=True)
            for run in (self._accept, self._answer)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End serving, after the answer that is being made."""
        self._wakeup.stop()
        with self._change:
            self._change.notify()
        for thread in self._threads:
            thread.join()
        self._wakeup.close()

    def _accept(self) -> None:
        while not self._wakeup.stopped:
            with suppress(OSError):  # the index was removed, or the disk is full: try again
                listener = PrivateListener(self._directory, SOCKET)
                try:
                    while not self._wakeup.stopped and listener.is_in_place():
                        self._wakeup.wait(_POLL_SECONDS, listener.fileno())
                        while (connection := listener.accept()) is not None:
                            self._take(connection)
                finally:
                    listener.close()
            self._wakeup.wait(_POLL_SECONDS)

    def _take(self, connection: socket.socket) -> None:
        """Accept an inquiry, and queue it for the answer."""
        try:
            connection.settimeout(_SEND_SECONDS)
            connection.sendall(ACCEPTED)
        except OSError:  # the asking process has gone
            connection.close()
            return
        with self._change:
            self._asking.append(connection)
            self._change.notify()

    def _answer(self) -> None:
        try:
            while not self._wakeup.stopped:
                with self._change:
                    self._change.wait_for(lambda: self._asking or self._wakeup.stopped)
                    asking, self._asking = self._asking, []
                self._answer_all(asking)
        finally:
            self._wakeup.stop()  # inquiries that nothing answers must not be accepted

    def _answer_all(self, asking: list[socket.socket]) -> None:
        with ExitStack() as stack:
            for connection in asking:
                stack.enter_context(connection)
            with self.working:
                answer = b"" if self._wakeup.stopped else self._made()
            for connection in asking:
                with suppress(OSError):  # the asking process has gone
                    connection.sendall(answer)

    def _made(self) -> bytes:
        try:
            return pack(self._refresher.refresh("auto"))
        except CodelodeError:  # the asking process will meet the same error
            return b""
