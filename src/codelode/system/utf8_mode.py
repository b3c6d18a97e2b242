"""Start this program again in Python's UTF-8 mode, where the locale has another encoding.

Names of files are bytes, and an index has them as such. Python decodes them by the locale: in any
other encoding than UTF-8, they would differ from one user to the next.
"""

from __future__ import annotations

import os
import sys


def restart() -> None:
    """Replace this process by the same program in UTF-8 mode; a terminal keeps its encoding."""
    if sys.stdout is not None:
        os.environ.setdefault("PYTHONIOENCODING", sys.stdout.encoding)
    program, *arguments = sys.orig_argv
    again = [os.fsencode(program), b"-X", b"utf8"]
    os.execv(sys.executable or program, again + [_in_utf8(each) for each in arguments])


def _in_utf8(argument: str) -> bytes:
    """Return the bytes of an argument: those typed, if they name a file; otherwise it is text."""
    typed = os.fsencode(argument)
    try:
        typed.decode()
    except UnicodeDecodeError:
        return typed if os.path.lexists(typed) else argument.encode("utf-8", "surrogateescape")
    return typed
