"""Paths as people see them: from the current folder, so that other commands can take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class GivenRoot(NamedTuple):
    """A folder or file as given on the command line, and its real path."""

    given: str
    real: str


def from_here(path: str, roots: Sequence[GivenRoot]) -> str:
    """Return the path of a file from the current folder, given its real path.

    The first root that holds the file is shown as it was given, as in ripgrep: `src`, `../src`, an
    absolute path. If that root is the current folder, it is left out.
    """
    for given, real in roots:
        if path == real:
            return given
        below = real if real.endswith("/") else f"{real}/"
        if path.startswith(below):
            return joined(given, path[len(below) :])
    return path


def joined(root: str, path: str) -> str:
    """Join a folder, as given on the command line, and the path of a file in it."""
    if root in ("", ".", "./"):
        return path
    return f"{root}{path}" if root.endswith("/") else f"{root}/{path}"
