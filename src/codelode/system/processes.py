"""Worker processes: how they are started, and how they talk to their parent.

A worker is a module that runs as a program. It exchanges frames with its parent over its standard
input and output. When the parent dies, the worker reads the end of its input and ends too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from codelode.system.descriptors import FIRST_FREE, open_standard
from codelode.system.forked import KEPT_BYTES, SPARE_BYTES, ForkedProcess
from codelode.system.framing import PIPE_BYTES, receive, send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.system.framing import Frame

_ENVIRONMENT = {
    "PYTHONUTF8": "1",  # as in the parent: names of files are UTF-8 in any locale
    "OPENBLAS_NUM_THREADS": "1",  # idle BLAS threads spin; matrix products here are small
    "MALLOC_MMAP_THRESHOLD_": str(KEPT_BYTES),
    "MALLOC_TRIM_THRESHOLD_": str(SPARE_BYTES),
}


class ChildProcess:
    """A child process, as its parent sees it."""

    def __init__(self, module: str, options: dict[str, Any], *, fork: bool = False) -> None:
        """Start `module` as a program and send it its options. Raises `OSError`.

        With `fork`, run its `main` in a fork of this process, which must be fit for that: see
        `forked.may_fork`.
        """
        child_input, self._input = _pipe()
        self._output, child_output = _pipe()
        with child_input, child_output:  # the child has its own copies
            try:
                self._process: subprocess.Popen[bytes] | ForkedProcess
                start = ForkedProcess if fork else _start
                self._process = start(module, child_input, child_output)
            except BaseException:  # also Ctrl-C: a child that has begun must see its input end
                self.close()
                raise
        with suppress(BrokenPipeError):  # the child has died: `receive` will notice
            self.send(options)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def send(self, head: object, body: bytes = b"") -> None:
        """Send a frame. Raises `BrokenPipeError` if the child has died."""
        send(self._input, head, body)

    def receive(self) -> Frame | None:
        """Wait for the next frame; return None if the child has ended without sending one."""
        return receive(self._output)

    def end_input(self) -> None:
        """Let the child finish: it reads the frames sent so far, then the end of its input."""
        with suppress(BrokenPipeError):  # the child died before it read everything
            self._input.close()

    def wait(self, seconds: float | None = None) -> int:
        """Wait for the child to end, and kill it after `seconds`; return its exit status."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def close(self) -> None:
        """Close both pipes, which no thread may use any more."""
        self.end_input()
        self._output.close()


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    """Make a pipe; return its ends for reading and writing.

    Neither gets the descriptor of a standard stream, even if the program has closed that stream.
    """
    reading, writing = os.pipe()
    if min(reading, writing) < FIRST_FREE:
        reading, writing = _raised(reading), _raised(writing)
    return os.fdopen(reading, "rb", PIPE_BYTES), os.fdopen(writing, "wb", PIPE_BYTES)


def _raised(descriptor: int) -> int:
    """Replace a descriptor by one after those of the standard streams."""
    import fcntl

    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE)
    finally:
        os.close(descriptor)


def _start(module: str, source: BinaryIO, sink: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # -P: a numpy.py in the current folder, which is often the tree itself, must not be run.
        [sys.executable, "-P", "-m", module],
        stdin=source,
        stdout=sink,
        env={**os.environ, **_ENVIRONMENT},
        process_group=0,  # Ctrl-C is for the parent, which ends its workers
    )


class ParentProcess:
    """The process that started this one, as a worker sees it.

    `options` is the head of the first frame that the parent sent.
    """

    def __init__(self, source: BinaryIO, sink: BinaryIO, options: dict[str, Any]) -> None:
        """Take the pipes and the options; callers use `connect` instead."""
        self._source = source
        self._sink = sink
        self.options = options

    @classmethod
    def connect(cls) -> ParentProcess:
        """Take over standard input and output; return the parent.

        Raises `SystemExit` if the parent has died.
        """
        open_standard()
        source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", closefd=False)
        os.dup2(2, 1)  # a stray print must not end up in a frame
        first = receive(source)
        if first is None:
            raise SystemExit
        return cls(source, sink, first[0])

    def requests(self) -> Iterator[Any]:
        """Yield the requests of the parent, until it closes the pipe or dies."""
        while (request := receive(self._source)) is not None:
            yield request[0]

    def reply(self, head: object, body: bytes = b"") -> None:
        """Send a frame to the parent; end this process if the parent has died."""
        try:
            send(self._sink, head, body)
        except BrokenPipeError:
            os._exit(0)  # a normal exit would report the frame that cannot be sent
