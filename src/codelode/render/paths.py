"""Paths as people see them: from the current folder, so that they can be passed on."""

from __future__ import annotations


def from_here(root: str, path: str) -> str:
    """Return the path of a file below a root, given as on the command line.

    The root is kept as given, as ripgrep does: `src`, `../src`, an absolute path. The current
    folder is left out.
    """
    if root in ("", ".", "./"):
        return path
    return f"{root}{path}" if root.endswith("/") else f"{root}/{path}"
