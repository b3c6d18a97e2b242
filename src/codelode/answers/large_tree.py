"""Trees that are indexed only on request: home folders, and more than a million files.

The command line, `lode mcp` and `lode serve` all use these checks before they index a tree for the
first time.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.errors import UsageError
from codelode.render.index_command import index_dir_flag
from codelode.render.units import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codelode.index import Index

MAX_FILES = 1_000_000
"""A larger tree is indexed only on request."""


def refuse_unasked(index: Index, options: Mapping[str, object]) -> None:
    """Raise `UsageError`, with the command to run, if a tree is indexed only on request."""
    reason = doubt(index, options)
    if reason:
        raise UsageError(refusal(index, reason))


def refusal(index: Index, reason: str) -> str:
    """Return the message that a tree is not indexed, with the command that indexes it anyway."""
    root = index.root
    place = index_dir_flag(index.reader.index_dir)
    command = f"lode index --yes {shlex.quote(str(root))}{place}"
    return f"{root} {reason}, so it is indexed only on request: `{command}`, or name a folder in it"


def doubt(index: Index, options: Mapping[str, object]) -> str:
    """Return the reason to index a tree only on request, as a verb phrase, or an empty text.

    `options` has the options of the walk, as keywords of `Index.plan`; other options are ignored.
    Walks the tree, up to `MAX_FILES` files.
    """
    root = index.root
    home = _home()
    if home is not None and home.is_relative_to(root):
        return "is the home folder" if home == root else "holds the home folder"
    if _is_large(index, options):
        return f"has more than {count(MAX_FILES, 'file')}"
    return ""


def _home() -> Path | None:
    """Return the real path of the home folder; None for a user without one."""
    try:
        return Path(os.path.realpath(Path.home()))
    except RuntimeError:
        return None


def _is_large(index: Index, options: Mapping[str, object]) -> bool:
    from codelode.discover.options import WalkOptions
    from codelode.discover.walk import walk
    from codelode.types import SourceFile

    files = 0
    for each in walk(index.root, WalkOptions.of(options, exclude=(os.fspath(index.directory),))):
        files += isinstance(each, SourceFile)
        if files > MAX_FILES:
            return True
    return False
