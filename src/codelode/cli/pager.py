"""A pager for the output on a terminal: only if a flag or LODE_PAGER asks for it."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.errors import UsageError
from codelode.system import terminals

if TYPE_CHECKING:
    from collections.abc import Iterator

LESS = "FRX"
"""Options of less, as git sets them: quit if all fits one screen, show colors, keep the output."""


@contextmanager
def paged() -> Iterator[None]:
    """Send standard output, if it is a terminal, through the pager while the block runs.

    Colors, links and widths are those of the terminal. The block ends early if the user quits the
    pager. Raises `UsageError` if the pager cannot be run.
    """
    has_terminal = streams.is_terminal(sys.stdout) and terminals.is_in_foreground(1)
    command = _command() if has_terminal else []
    if not command:
        yield
        return
    columns = streams.columns(sys.stdout)
    with _output_into(command):
        streams.set_paged(columns)
        try:
            yield
            sys.stdout.flush()
        except BrokenPipeError:  # the user has quit the pager
            streams.discard_output()
            sys.stdout.flush()
        finally:
            streams.set_paged(None)


@contextmanager
def _output_into(command: list[str]) -> Iterator[None]:
    """Send standard output to a command while the block runs, then wait until the command ends."""
    import subprocess

    sys.stdout.flush()
    environment = {"LESS": LESS, "LV": "-c", **os.environ}
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot run the pager {command[0]!r}: {reason}") from None
    assert process.stdin is not None
    terminal = os.dup(1)
    os.dup2(process.stdin.fileno(), 1)
    process.stdin.close()
    try:
        yield
    finally:
        os.dup2(terminal, 1)
        os.close(terminal)
        with terminals.interrupts_left_to_children():
            process.wait()


def missing_program(command: str) -> str:
    """Return the program that a pager's command names if this machine lacks it, else "".

    Raises `UsageError` if the command is not valid.
    """
    import shutil

    words = _words(command)
    return words[0] if words and shutil.which(words[0]) is None else ""


def _command() -> list[str]:
    """Return the command of the pager; empty for `cat`. Raises `UsageError` if it is not valid."""
    chosen = os.environ.get("LODE_PAGER", "")
    chosen = "" if chosen in ("0", "1") else chosen  # false or true: the setting names no pager
    text = chosen or os.environ.get("PAGER") or "less"
    words = _words(text)
    return [] if words == ["cat"] else words


def _words(command: str) -> list[str]:
    """Return the words of a command. Raises `UsageError` if it is not valid."""
    try:
        return shlex.split(command)
    except ValueError as error:
        raise UsageError(f"cannot read the pager {command!r}: {error}") from None
