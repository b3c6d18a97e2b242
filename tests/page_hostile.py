"""A tree of files whose names and contents would be markup, paths or scripts if not escaped."""

from __future__ import annotations

import os
from pathlib import Path

_SHAPES = (
    "<script>alert(1)<$script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "%2e%2e%2fsecret",
    "%3Cscript%3E",
    "&lt;b&gt;&amp;",
    "a?b=c#L1",
    "a&b=c",
    "..",
    "...",
    " leading and trailing ",
    "back\\slash",
    "new\nline",
    "tab\tname",
    "right\u202eleft",
    "zero\u200bwidth",
    "emoji \U0001f600",
    "日本語",
    "{path}{line}",
    "${alert(1)}",
    "<!--",
    "]]>",
    "`;alert(1)`",
    "\x01\x1b[31m",
)
_AROUND = (("=", ".py"), ("x", ".js"), ("<", ".md"), ("-", ".c"))


def hostile_names() -> list[bytes]:
    """Return more than 200 distinct hostile names."""
    names = [f"{a}{shape}{b}".encode() for shape in _SHAPES for a, b in _AROUND]
    names += [b"bytes" + bytes([0x80 + number]) + b".py" for number in range(50)]
    names += [b"d" + bytes([33 + number]) + b"/<b>.py" for number in range(60) if number != 14]
    return names


def write_hostile_tree(root: Path) -> list[bytes]:
    """Write a file for each hostile name, and return the names; file N defines `poison_N`."""
    names = hostile_names()
    for number, name in enumerate(names):
        path = Path(os.fsdecode(os.fsencode(root) + b"/" + name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            b"def poison_%d():\n"
            b"    return '</script></pre><img src=x onerror=alert(1)>'\n"
            b"    # <script>alert(1)</script> <svg onload=alert(1)> javascript:alert(1)\n" % number
        )
    return names
