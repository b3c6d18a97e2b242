"""The name of the folder of an index, below the folder that holds indexes."""

from __future__ import annotations

import os

import xxhash

_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_LONGEST_LABEL = 40


def folder_name(root: str) -> str:
    """Return the name for the index of a root, given by its real path.

    This module imports next to nothing, because every `lode search` begins with it.
    """
    label = ""
    for character in root.rpartition("/")[2]:
        if character in _SAFE:
            label += character
        elif not label.endswith("\0"):
            label += "\0"
    label = label.replace("\0", "-")[:_LONGEST_LABEL].strip("-.") or "root"
    return f"{label}-{xxhash.xxh3_64_hexdigest(os.fsencode(root))}"
