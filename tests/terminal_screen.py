"""A program on a terminal of a given size, and what the terminal shows."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

from tests.commandline import start_on_terminal

SECONDS = 120.0


class TerminalScreen:
    """The screen of a program, and a keyboard for it."""

    def __init__(self, leader: int, columns: int, rows: int) -> None:
        self._leader = leader
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.ended = False
        self.code: int | None = None

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def row(self, number: int) -> list[pyte.screens.Char]:
        """Return the cells of a row, counted from 0, with their colors."""
        line = self._screen.buffer[number]
        return [line[column] for column in range(self._screen.columns)]

    def type(self, keys: bytes) -> None:
        os.write(self._leader, keys)

    def until(self, is_shown: Callable[[], object]) -> None:
        """Wait until `is_shown` returns a true value; fail if that takes too long."""
        deadline = time.monotonic() + SECONDS
        while not is_shown():
            assert not self.ended, f"ended before it was shown:\n{self.text}"
            assert time.monotonic() < deadline, f"not shown:\n{self.text}"
            self._read()

    def until_text(self, *texts: str) -> None:
        self.until(lambda: all(text in self.text for text in texts))

    def until_end(self) -> None:
        """Wait until the program closes the terminal."""
        deadline = time.monotonic() + SECONDS
        while not self.ended:
            assert time.monotonic() < deadline, f"does not end:\n{self.text}"
            self._read()

    def _read(self) -> None:
        if not select.select([self._leader], [], [], 0.1)[0]:
            return
        try:
            data = os.read(self._leader, 1 << 16)
        except OSError:  # EIO: the other side is closed
            data = b""
        self.ended = not data
        self._stream.feed(data)


@contextmanager
def on_screen(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    folder: Path,
    size: tuple[int, int] = (100, 24),
    stdout: int | None = None,
) -> Iterator[TerminalScreen]:
    """Run a program on a terminal of a size (columns, rows); `stdout` is its standard output.

    At the end of the block, waits until the program ends; the exit code is known after that.
    """
    process, leader = start_on_terminal(command, environment, folder, size, stdout)
    screen = TerminalScreen(leader, *size)
    try:
        yield screen
        screen.until_end()
        screen.code = process.wait(SECONDS)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(leader)
