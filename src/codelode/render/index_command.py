"""The `lode index` command to type in the current folder, for messages that advise it."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.render.paths import GivenRoot

_MOST_ROOTS = 3


def index_dir_flag(index_dir: str | os.PathLike[str] | None) -> str:
    """Return ` --index-dir DIR` for the end of a command; "" if the default folder is meant."""
    return "" if index_dir is None else f" --index-dir {shlex.quote(os.fspath(index_dir))}"


def index_command(
    root: str | os.PathLike[str],
    flags: str = "",
    given: str = "",
    index_dir: str | os.PathLike[str] | None = None,
) -> str:
    """Return `lode index` with flags, and with the root unless the current folder is in it.

    If `root` is a file, its folder is the root. If `given` is not empty, it takes the place of
    `root` in the command. `index_dir` is the folder of indexes, None for the default.
    """
    path, name = os.path.realpath(root), given or os.fspath(root)
    if os.path.isfile(path):  # noqa: PTH113 (as below)
        path, name = os.path.dirname(path), os.path.dirname(name) or "."  # noqa: PTH120
    here = os.path.realpath(".")
    inside = here == path or here.startswith(f"{path.rstrip('/')}/")
    words = ["lode index", *filter(None, [flags]), *([] if inside else [shlex.quote(name)])]
    return " ".join(words) + index_dir_flag(index_dir)


def index_commands(
    roots: Sequence[GivenRoot], index_dir: str | os.PathLike[str] | None = None
) -> str:
    """Return `lode index` commands for `roots` on one line; `lode index` for no root or many."""
    # A roster has no `given`, because `lode index` does not index it.
    named = [each for each in roots if each.given]
    commands = dict.fromkeys(index_command(each.real, "", each.given, index_dir) for each in named)
    return " && ".join(commands) if 0 < len(commands) <= _MOST_ROOTS else "lode index"
