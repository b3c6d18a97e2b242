"""The files of a tree that have changed: since a git revision, or since a time."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from codelode.search.request import SearchRequest
    from codelode.search.tree_part import TreePart


def modified(
    part: TreePart, request: SearchRequest, tree: Path, folders: Iterable[Path]
) -> TreePart:
    """Return a part of a tree, restricted to the files that `changed` and `since` ask for.

    Git is asked in the worktrees around `folders`, which are real paths of folders in `tree`.
    Raises `UsageError` if a folder is not in a worktree, or if git does not know the revision.
    """
    part = replace(part, since=request.since_ns)
    if request.changed is None:
        return part
    from codelode.discover.git_changes import changed_paths

    prefix = os.fsencode(tree).rstrip(b"/") + b"/"
    found = frozenset().union(*(changed_paths(each, request.changed) for each in set(folders)))
    only = frozenset(path.removeprefix(prefix) for path in found if path.startswith(prefix))
    return replace(part, only=only)
