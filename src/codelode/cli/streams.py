"""Standard output and error: encodings, terminals, color, and the end of a pipe."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from codelode.render.sanitize import visible_name

if TYPE_CHECKING:
    from codelode.answers.build import Meter

PIPE_COLUMNS = 400
"""Minified code in a pipe must not drown the rest; `--full-section` and JSON have all of it."""


def prepare() -> None:
    """Make standard output fit for what we print.

    Source text is UTF-8 whatever the locale. A name that is not goes into a pipe as the bytes it
    is; a terminal could not show them, and `render.visible` has escaped them before. Where a
    standard stream is closed, its descriptor must not become that of an index file.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free descriptor: this one
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 (for as long as we run)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def say(message: str) -> None:
    """A line on standard error. It may quote hostile names, so it is made visible."""
    write_error(f"lode: {visible_name(message)}\n")


def write_error(text: str) -> None:
    """Text on standard error, if there still is one."""
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def print_json(value: object) -> None:
    """Print a value as JSON, on one line.

    On a terminal it is ASCII: a terminal might obey other characters.
    """
    import json

    print(json.dumps(value, ensure_ascii=is_terminal(sys.stdout)))


def progress_meter(quiet: bool = False) -> Meter | None:
    """Return what shows the progress of an update on this terminal, or None if nothing should."""
    if quiet or not is_terminal(sys.stderr):
        return None
    from codelode.progress import ProgressBar

    return ProgressBar


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal."""
    return not stream.closed and stream.isatty()


def columns(stream: TextIO) -> int:
    """The width of a terminal."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def use_color(choice: str, stream: TextIO) -> bool:
    """Whether to write color: the flag first, then NO_COLOR, FORCE_COLOR, and what it is."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") != "0":
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def discard_output() -> None:
    """After a broken pipe: nothing more goes to standard output, not even at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
