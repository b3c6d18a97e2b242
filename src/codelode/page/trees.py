"""The trees that the page shows, and nothing outside of them.

A path on the page is relative to the root of its file; with several roots, the label of the root
comes first: `app/src/main.py`. A path on the page names only files that an index holds, so that no
path, however it is written, leads outside of a root.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from codelode.errors import NoIndexError, UsageError
from codelode.index import Index
from codelode.page.updates import Updates
from codelode.several import SeveralRoots
from codelode.system.cpu import available_cores

if TYPE_CHECKING:
    from codelode.page.words import Filters
    from codelode.search.request import SearchRequest
    from codelode.types import Answer, Hit

_MAX_PROCESSES = 4


@dataclass(frozen=True, slots=True)
class Tree:
    """One root: its index, its label (distinct), and its updates."""

    index: Index
    label: str
    updates: Updates

    def searchable(self) -> bool:
        """Return whether there is anything to search."""
        return self.index.searchable()


class Trees:
    """All roots."""

    def __init__(self, roots: Sequence[str], index_dir: str | None = None) -> None:
        """Open the indexes, which need not exist yet. Raises `UsageError` for a bad root."""
        processes = min(available_cores(), _MAX_PROCESSES)
        opened = [Index.open(root, index_dir=index_dir, processes=processes) for root in roots]
        indexes = list({index.root: index for index in opened}.values())
        self._index_dir = index_dir
        self._several: dict[tuple[str, ...], SeveralRoots] = {}
        labels = _labels([os.fsdecode(index.root) for index in indexes])
        self.all = [
            Tree(index, label, Updates(index)) for index, label in zip(indexes, labels, strict=True)
        ]

    @property
    def several(self) -> bool:
        """Whether paths begin with the label of a root."""
        return len(self.all) > 1

    def chosen(self, filters: Filters) -> list[Tree]:
        """Return the trees that the filters allow."""
        return [
            tree
            for tree in self.all
            if (not filters.roots or tree.label in filters.roots)
            and tree.label not in filters.other_roots
        ]

    def answer(self, chosen: Sequence[Tree], request: SearchRequest) -> Answer:
        """Search some trees, at least one, with one ranking, without waiting for updates.

        Raises what `Index.answer` does.
        """
        if len(chosen) == 1:
            return chosen[0].index.answer_request(request, "never")
        roots = tuple(os.fsdecode(tree.index.root) for tree in chosen)
        several = self._several.get(roots)
        if several is None:
            several = self._several[roots] = SeveralRoots(roots, self._index_dir)
        return several.answer(request, "never")

    def located(self, chosen: Sequence[Tree], answer: Answer, hit: Hit) -> tuple[Tree, Hit]:
        """Return the tree of a hit of `answer`, and the hit with its path in that tree."""
        if len(chosen) == 1:
            return chosen[0], hit
        path = Path(answer.root) / hit.path
        around = [tree for tree in chosen if path.is_relative_to(tree.index.root)]
        tree = max(around, key=lambda tree: len(tree.index.root.parts))
        return tree, replace(hit, path=path.relative_to(tree.index.root).as_posix())

    def shown(self, tree: Tree, path: str) -> str:
        """Return the path of a file as the page shows it."""
        return f"{tree.label}/{path}" if self.several else path

    def find(self, path: str) -> tuple[Tree, str]:
        """Return the tree of an indexed file, and the path in that tree.

        `path` is as `shown` returns it. Raises `UsageError` if there is no such file.
        """
        tree, inner = self.all[0], path
        if self.several:
            label, _, inner = path.partition("/")
            found = [each for each in self.all if each.label == label]
            if not found:
                raise UsageError(f"no root is called {label!r}")
            tree = found[0]
        if not inner or os.path.isabs(inner) or os.path.normpath(inner) != inner:  # noqa: PTH117
            raise UsageError(f"{path!r} is not the path of a file")
        if inner.split("/")[0] == ".." or "\0" in inner:
            raise UsageError(f"{path!r} is not the path of a file")
        try:
            held = tree.index.holds(inner)
        except NoIndexError:
            held = False
        if not held:
            raise UsageError(f"{path} is not in the index")
        return tree, inner


def url_path(path: str) -> str:
    """Return a path as part of a URL; bytes that are not UTF-8 are escaped, not lost."""
    return quote(os.fsencode(path))


def path_of_url(encoded: str) -> str:
    """Return the path that is written in a part of a URL."""
    return os.fsdecode(unquote_to_bytes(encoded))


def _labels(roots: Sequence[str]) -> list[str]:
    """Return a distinct label for each root: the name of its folder, with a number if needed."""
    labels: list[str] = []
    for root in roots:
        parts = [part for part in root.split("/") if part] or ["root"]
        label = "-".join(parts[-1].split())
        number = 2
        while label in labels:
            label = f"{'-'.join(parts[-1].split())}-{number}"
            number += 1
        labels.append(label)
    return labels
