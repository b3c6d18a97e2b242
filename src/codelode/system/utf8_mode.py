"""Start this program again in Python's UTF-8 mode, where the locale has another encoding.

File names are bytes, and an index keeps them as bytes. Python decodes them by the locale: in an
encoding other than UTF-8, the names would differ from one user to the next.
"""

from __future__ import annotations

import os
import sys


def restart() -> None:
    """Replace this process by the same program in UTF-8 mode; the output keeps its encoding."""
    if sys.stdout is not None:
        os.environ.setdefault("PYTHONIOENCODING", sys.stdout.encoding)
    program, *arguments = sys.orig_argv
    again = [os.fsencode(program), b"-X", b"utf8"]
    os.execv(sys.executable or program, again + [_in_utf8(each) for each in arguments])


def _in_utf8(argument: str) -> bytes:
    """Return an argument as typed if it is UTF-8 or names a file, else converted to UTF-8."""
    typed = os.fsencode(argument)
    try:
        typed.decode()
    except UnicodeDecodeError:
        return typed if os.path.lexists(typed) else argument.encode("utf-8", "surrogateescape")
    return typed
