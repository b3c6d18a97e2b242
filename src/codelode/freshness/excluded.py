"""Hits in files that still exist, but that ignore rules have left out since the last update."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.discover.scope import Scope
from codelode.discover.walk import walk
from codelode.errors import UsageError
from codelode.types import SourceFile
from codelode.writer import IndexWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from codelode.reader import IndexReader
    from codelode.types import Hit


def mark_excluded(home: IndexReader, root: Path, hits: Sequence[Hit]) -> list[Hit]:
    """Return hits of an index, marked as `excluded` if a walk does not find their files now.

    Paths of hits are relative to `root`. The walk lists only the folders on the way to these files.
    Nothing is marked if such a walk cannot tell what the rules leave out (see `Scope.of`), or if
    the tree is gone.
    """
    files = {hit.path: os.path.normpath(root / hit.path) for hit in hits if not hit.deleted}
    options = IndexWriter(home).walk_options(home.snapshot().manifest.options)
    scope = Scope.of(home.root, files.values(), no_ignore=options.no_ignore)
    if not files or scope is None:
        return [*hits]
    try:
        found = {
            f"{home.root}/{item.path}"
            for item in walk(home.root, options, scope)
            if isinstance(item, SourceFile)
        }
    except UsageError:  # the tree was removed just now
        return [*hits]
    excluded = {path for path, file in files.items() if file not in found}
    return [replace(hit, excluded=True) if hit.path in excluded else hit for hit in hits]
