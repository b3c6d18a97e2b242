"""Standard output and error: encodings, terminals, color, JSON, progress, broken pipes."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from codelode.errors import UsageError
from codelode.render.sanitize import visible_name
from codelode.system.descriptors import open_standard
from codelode.system.open_flags import NO_CONTROL, TERMINAL

if TYPE_CHECKING:
    from codelode.answers.build import Meter

PIPE_COLUMNS = 400
"""Minified code in a pipe must not drown other hits; `--full-section` and JSON have all of it."""

_paged: int | None = None  # the width of the terminal whose pager gets the output


def prepare() -> None:
    """Prepare the standard streams for any text.

    A stream that was closed becomes the null device. Output into a file or pipe is UTF-8 whatever
    the locale, and a file name that is not UTF-8 goes into it unchanged. For a
    terminal, `render.sanitize` escapes such a name; the terminal keeps its encoding, and characters
    that the encoding lacks are escaped, too.
    """
    open_standard()
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: SIM115 (open until exit)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def say(message: str) -> None:
    """Write a message to standard error, with control characters escaped: names may be hostile."""
    write_error(f"lode: {visible_name(message)}\n")


def say_nothing_found() -> None:
    """Say on a terminal, or in its pager, that there are no hits; elsewhere the exit code does."""
    if is_paged():  # standard error would disturb the pager's screen
        print("no hits")
    elif is_terminal(sys.stdout) and is_terminal(sys.stderr):
        say("no hits")


def write_error(text: str) -> None:
    """Write text to standard error, if it is still open."""
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def confirm(action: str) -> bool:
    """Ask on the terminal whether to do something; only `y` and `yes` mean yes.

    `action` is a verb phrase, such as "remove 3 indexes". Raises `UsageError` without a terminal.
    """
    if not is_terminal(sys.stdin) or not is_terminal(sys.stderr):
        raise UsageError(f"nobody to ask: add --yes to {action}")
    write_error(f"{visible_name(action)}? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def print_json(value: object) -> None:
    """Print a value as JSON on one line; a terminal gets only ASCII, which cannot control it."""
    import json

    print(json.dumps(value, ensure_ascii=is_terminal(sys.stdout)))


def progress_meter(quiet: bool = False) -> Meter | None:
    """Return a meter for updates; None if `quiet` or if standard error is no terminal."""
    if quiet or not is_terminal(sys.stderr):
        return None
    from codelode.progress import ProgressBar

    return ProgressBar


def transfer_meter(quiet: bool, action: str) -> Meter | None:
    """Return a meter for moving segments; None if `quiet` or if standard error is no terminal."""
    if progress_meter(quiet) is None:
        return None
    from functools import partial

    from codelode.progress import ProgressBar

    return partial(ProgressBar, action=action, noun="segment")


def set_paged(width: int | None) -> None:
    """Record the width of the terminal whose pager gets standard output; None if no pager does."""
    global _paged
    _paged = width


def is_paged() -> bool:
    """Return whether standard output goes to a pager."""
    return _paged is not None


def is_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal, or a pager on one."""
    if _paged is not None and stream is sys.stdout:
        return True
    return not stream.closed and stream.isatty()


def columns(stream: TextIO) -> int:
    """Return the width of a terminal, 80 if unknown."""
    if _paged is not None and stream is sys.stdout:
        return _paged
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def rows(stream: TextIO) -> int:
    """Return the height of a terminal, 24 if unknown."""
    try:
        return os.get_terminal_size(stream.fileno()).lines or 24
    except (OSError, ValueError):
        return 24


def can_draw() -> bool:
    """Return whether this process has a terminal on which a program can draw a screen."""
    if os.environ.get("TERM", "dumb") in ("", "dumb"):
        return False
    try:
        os.close(os.open(TERMINAL, os.O_RDWR | NO_CONTROL))
    except OSError:
        return False
    return True


def use_color(choice: str, stream: TextIO) -> bool:
    """Return whether to use color.

    `choice` decides unless it is "auto". Then NO_COLOR, FORCE_COLOR and the terminal decide, in
    this order.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") != "0":
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def discard_output() -> None:
    """Discard further output, including what is flushed at exit: the pipe is broken."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
