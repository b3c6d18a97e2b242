"""Answer searches of other processes with forks of this one."""

from __future__ import annotations

import gc
import io
import os
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from codelode.errors import CodelodeError
from codelode.freshness.refresh import Refresher
from codelode.reader import INHERITED
from codelode.resident import wire
from codelode.resident.client import program
from codelode.system import fork, locks
from codelode.system.private_listener import PrivateListener, receive_streams
from codelode.system.wakeup import Wakeup

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from _typeshed import ReadableBuffer

    from codelode.index import Index
    from codelode.watch.watcher import Watcher

REST_SECONDS = 0.1
"""Seconds that a client waits for the watcher to rest; then it searches itself."""

_WARM_UP_SECONDS = 5.0
_POLL_SECONDS = 0.5
_REQUEST_SECONDS = 1.0


class Resident:
    """Serves the socket of an index from a thread, while the index's watcher is in this process.

    `main` runs a command with its arguments and returns the exit code.
    """

    def __init__(self, index: Index, watcher: Watcher, main: Callable[[list[str]], int]) -> None:
        self._index = index
        self._watcher = watcher
        self._main = main
        self._children: set[int] = set()
        self._wakeup = Wakeup()
        self._thread = threading.Thread(target=self._run, name="lode-resident", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving; wait until the request that is being accepted has been handled."""
        self._wakeup.stop()
        self._thread.join()
        self._wakeup.close()

    def _run(self) -> None:
        while not self._wakeup.stopped:
            if self._watcher.leads and self._watcher.directory.is_dir():
                with suppress(OSError):  # say, the index was removed or the disk is full: try again
                    self._serve()
            self._wakeup.wait(_POLL_SECONDS)

    def _serve(self) -> None:
        """Accept requests while the watcher is the elected one."""
        self._warm_up()
        listener = PrivateListener(self._watcher.directory, wire.SOCKET)
        try:
            while self._goes_on() and listener.is_in_place():
                self._reap()
                self._wakeup.wait(_POLL_SECONDS, listener.fileno())
                while self._goes_on() and (connection := listener.accept()) is not None:
                    with connection, suppress(OSError, ValueError):
                        self._handle(connection)
        finally:
            listener.close()

    def _goes_on(self) -> bool:
        return self._watcher.leads and not self._wakeup.stopped

    def _warm_up(self) -> None:
        """Load what a search needs, so that every fork has it."""
        with suppress(CodelodeError):
            self._index.search("warm up", fresh="never")
        for name in self._modules_of_searches():
            with suppress(ImportError):
                import_module(name)
        gc.collect()
        gc.freeze()  # else a garbage collection in a fork would copy the pages of all objects

    def _modules_of_searches(self) -> list[str]:
        """Return the modules that searches import, as reported by a fork that runs a few searches.

        Importing the modules of the command line takes longer than a search.
        """
        with self._watcher.at_rest(_WARM_UP_SECONDS) as rests:
            if not rests or not self._index.exists():
                return []
            reading, writing = os.pipe()
            child = fork.fork_to(partial(self._run_some, writing))
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            names = pipe.read().decode().split()
        fork.wait_for(child)
        return names

    def _run_some(self, writing: int) -> None:
        """Run searches without output, in a fork; write the names of its modules to `writing`."""
        fork.end_after(int(wire.SECONDS_TO_ANSWER))
        null = os.open(os.devnull, os.O_RDWR)
        variables = {os.fsencode(name): os.fsencode(os.environ[name]) for name in os.environ}
        _become([null] * 3, os.fsencode(self._index.root), variables, lambda: None)
        place = f"--index-dir={self._index.directory.parent}"
        for options in ((), ("--json",), ("--agent",), ("--color=always",)):
            self._main(["search", "warm up", "--fresh=never", place, *options])
        os.write(writing, "\n".join(sys.modules).encode())

    def _reap(self) -> None:
        for child in list(self._children):
            if fork.has_ended(child):
                self._children.discard(child)

    def _handle(self, connection: socket.socket) -> None:
        """Accept a request, and answer it unless the watcher has much to do."""
        connection.settimeout(_REQUEST_SECONDS)
        theirs, arguments, environment = wire.unpack(_request(connection))
        if theirs[:2] != program()[:2] or arguments[:1] != [b"search"]:
            return
        connection.sendall(wire.ACCEPTED)
        # The client sends its streams only now: had it sent them to a server that hangs, they would
        # stay open.
        streams = receive_streams(connection)
        try:
            freshness = self._index.refresh()
            with self._watcher.at_rest(REST_SECONDS) as rests:
                if rests and len(streams) == 3:
                    reader = self._index.reader.home()
                    reader.snapshot()  # opens the newest snapshot, which the fork inherits
                    connection.sendall(wire.READY)

                    def answer() -> None:
                        INHERITED[reader.directory] = reader
                        Refresher.known[reader.directory] = freshness
                        self._answer(connection, streams, theirs[2], arguments, environment)

                    self._children.add(fork.fork_to(answer))
        finally:
            for stream in streams:
                os.close(stream)

    def _answer(
        self,
        connection: socket.socket,
        streams: list[int],
        folder: bytes,
        arguments: list[bytes],
        environment: dict[bytes, bytes],
    ) -> NoReturn:
        """Run the command of a client in a process that was forked for it, and end that process."""
        code = 2
        begin = _Beginning(connection)
        try:
            _become(streams, folder, environment, begin)
            code = self._main([os.fsdecode(each) for each in arguments])
        finally:
            _end(connection, begin, code)


class _Beginning:
    """Tells the client that the output begins; ends this process if it does not begin in time.

    A lock that another thread held at the time of the fork is never released in this process. The
    watcher's thread holds no lock at that time. If another thread does, this process may hang: then
    an alarm ends it, and the client runs the search itself.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection: socket.socket | None = connection
        fork.end_after(int(wire.SECONDS_TO_ANSWER))

    def __call__(self) -> None:
        if self._connection is not None:
            fork.end_after(0)
            self._connection.settimeout(None)
            self._connection.sendall(wire.BEGUN)
            self._connection = None


class _Output(io.FileIO):
    """An output stream of the client; calls `begin` before it writes."""

    def __init__(self, number: int, begin: Callable[[], None]) -> None:
        super().__init__(number, "wb", closefd=False)
        self._begin = begin

    def write(self, data: ReadableBuffer, /) -> int:
        self._begin()
        return super().write(data)


def _become(
    streams: list[int],
    folder: bytes,
    environment: dict[bytes, bytes],
    begin: Callable[[], None],
) -> None:
    """Take over the streams, the folder and the environment of the client."""
    locks.abandon()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(
            io.BufferedWriter(_Output(number, begin)),
            line_buffering=number == 2 or os.isatty(number),
        )
        for number in (1, 2)
    )
    os.chdir(folder)
    os.environ.clear()
    os.environ.update({os.fsdecode(name): os.fsdecode(text) for name, text in environment.items()})


def _request(connection: socket.socket) -> bytes:
    """Return a request. Raises `OSError`, `ValueError`."""
    data = b""
    deadline = time.monotonic() + _REQUEST_SECONDS
    while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "little"):
        more = connection.recv(1 << 16)
        if not more or len(data) > wire.MAX_REQUEST_BYTES or time.monotonic() > deadline:
            raise ValueError("not a request")
        data += more
    return data[4:]


def _end(connection: socket.socket, begin: _Beginning, code: int) -> NoReturn:
    """Flush the output, send the exit code to the client, and end this process at once."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    with suppress(OSError):
        begin()
        connection.sendall(bytes([code]))
    os._exit(code)
