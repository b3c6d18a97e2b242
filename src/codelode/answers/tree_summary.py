"""The summary of a tree for a user, after the tree was indexed for the first time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codelode.index import Index
    from codelode.reader import IndexReader

VENDORED = frozenset(
    "vendor vendored third_party third-party thirdparty 3rdparty 3rd_party extern external"
    " externals deps _deps godeps node_modules bower_components jspm_packages site-packages pods"
    " carthage".split()
)
"""Names, in lower case, of folders that usually hold code of other projects."""

LEAST_FILES = 10
"""A folder with fewer files is not worth mentioning."""
LARGE_TREE = 100_000
"""From this number of files on, it pays to leave folders out."""
MOST_FOLDERS = 3

Folders = list[tuple[str, int]]
"""Folders, relative to the root, with the numbers of files in them; the largest first."""


@dataclass(frozen=True, slots=True)
class TreeSummary:
    """The number of files in a tree, and folders that a user may want to leave out.

    `vendored` are folders that look vendored. `largest` are the largest top-level folders; they are
    listed only for a very large tree.
    """

    files: int
    vendored: Folders
    largest: Folders


def summary(index: Index) -> TreeSummary:
    """Return a summary of the tree of an index."""
    return summary_of(indexed_paths(index))


def summary_of(paths: Iterable[str]) -> TreeSummary:
    """Return a summary of some files, given by their paths relative to the root."""
    vendored: Counter[str] = Counter()
    top: Counter[str] = Counter()
    files = 0
    for path in paths:
        files += 1
        folders = path.split("/")[:-1]
        if folders:
            top[folders[0]] += 1
        for depth, name in enumerate(folders):
            if name.lower() in VENDORED:
                vendored["/".join(folders[: depth + 1])] += 1
                break
    largest = top.most_common(MOST_FOLDERS) if files >= LARGE_TREE else []
    found = [each for each in vendored.most_common(MOST_FOLDERS) if each[1] >= LEAST_FILES]
    return TreeSummary(files, found, largest)


def indexed_paths(index: Index | IndexReader) -> Iterator[str]:
    """Yield the path of each indexed file, relative to the root."""
    for live in index.snapshot().segments:
        for row in live.files.nonzero()[0].tolist():
            yield live.segment.path(row)
