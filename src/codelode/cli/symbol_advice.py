"""Advice when no definition has a given name: its longest beginning that begins other names."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LEAST = 4
"""The fewest letters that a name and its suggestion share."""


def nothing_called(name: str, is_prefix_known: Callable[[str], bool]) -> str:
    """Return the message that no definition is called `name`, or that it is a file.

    `is_prefix_known` says whether any definition's name begins with a given text.
    """
    if Path(name).is_file():
        return f"{name} is a file: `lode outline {shlex.quote(name)}` lists it"
    message = f"nothing is called {name!r} or nearly so"
    if near := _longest_beginning(name, is_prefix_known):
        return f"{message}; `lode symbols {shlex.quote(f'{near}*')}` lists names that begin so"
    return f"{message}; `lode search` finds uses, too"


def _longest_beginning(name: str, is_prefix_known: Callable[[str], bool]) -> str:
    """Return the longest beginning of a name, at least half of it, that begins a known name.

    Returns "" if none has at least `_LEAST` letters, or if the name is qualified or a glob.
    """
    if not name.replace("_", "").replace("-", "").isalnum():
        return ""
    least = max(_LEAST, -(-len(name) // 2))
    if len(name) <= least or not is_prefix_known(name[:least]):
        return ""
    longest = least
    while longest + 1 < len(name) and is_prefix_known(name[: longest + 1]):
        longest += 1
    return name[:longest].rstrip("_-")
