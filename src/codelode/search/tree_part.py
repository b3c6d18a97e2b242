"""The part of a tree that a search is restricted to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from codelode.lazy import cached_property


@dataclass(frozen=True)
class TreePart:
    """Folders and files of a tree, without some folders and files in them.

    Paths are POSIX and relative to the root of the tree. Folders end with a slash; the empty path
    is the whole tree. None of `within` lies in another.
    """

    within: tuple[str, ...] = ("",)
    without: tuple[str, ...] = ()

    @classmethod
    def of(cls, within: Iterable[str], without: Iterable[str] = ()) -> TreePart:
        """Return the part that some paths cover, which may lie in each other."""
        outer: list[str] = []
        for path in sorted(set(within)):
            if not any(_covers(other, path) for other in outer):
                outer.append(path)
        return cls(tuple(outer), tuple(sorted(set(without))))

    @property
    def is_whole(self) -> bool:
        """Whether the part is the whole tree."""
        return self.within == ("",) and not self.without

    def relative(self, path: bytes) -> bytes | None:
        """Return the path of a file relative to the folder of this part that it is in.

        That is its name if the part has the file itself, and None if the file is not in the part.
        """
        for prefix in self._without:
            if path == prefix or (prefix.endswith(b"/") and path.startswith(prefix)):
                return None
        for prefix in self._within:
            if not prefix or (prefix.endswith(b"/") and path.startswith(prefix)):
                return path[len(prefix) :]
            if path == prefix:
                return path.rpartition(b"/")[2]
        return None

    @cached_property
    def _within(self) -> list[bytes]:
        return list(map(os.fsencode, self.within))

    @cached_property
    def _without(self) -> list[bytes]:
        return list(map(os.fsencode, self.without))


def _covers(folder: str, path: str) -> bool:
    return not folder or path == folder or (folder.endswith("/") and path.startswith(folder))


WHOLE = TreePart()
