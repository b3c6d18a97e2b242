"""Slices of a tree: ranges of its walk, for trees whose files several machines index.

Each machine walks the whole tree, because rule files, git and the sources beside a header
affect other files too; it keeps only the files of its slice. So consecutive slices hold every file
of the tree exactly once.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.types import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codelode.types import Skip


@dataclass(frozen=True, slots=True)
class Slice:
    """The files from the path `first` on, and before the path `end`, in the order of a walk.

    An empty path is no limit.
    """

    first: str = ""
    end: str = ""

    def within(self, walked: Iterable[SourceFile | Skip]) -> Iterator[SourceFile | Skip]:
        """Return what a walk yields for the slice; stop reading the walk where the slice ends."""
        return self._cut(walked) if self.first or self.end else iter(walked)

    def _cut(self, walked: Iterable[SourceFile | Skip]) -> Iterator[SourceFile | Skip]:
        first, end = _key(self.first), _key(self.end)
        for each in walked:
            key = _key(each.path)
            if self.end and key >= end:
                return
            if not self.first or key >= first:
                yield each


def cut(walked: Iterable[SourceFile | Skip], most: int) -> list[Slice]:
    """Cut a walk into slices of at most `most` bytes of files; a larger file is a slice of its own.

    The slices cover all paths, so a file that is created after the walk belongs to one of them.
    """
    firsts, size = [""], 0
    for each in walked:
        if isinstance(each, SourceFile):
            if size and size + each.size > most:
                firsts.append(each.path)
                size = 0
            size += each.size
    return [Slice(*pair) for pair in zip(firsts, [*firsts[1:], ""], strict=True)]


def _key(path: str) -> list[bytes]:
    """Return the key by which the walk orders paths: the components of the path, as bytes."""
    return os.fsencode(path).split(b"/")
