"""The part of a tree that a search is restricted to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from codelode.lazy import cached_property

if TYPE_CHECKING:
    from codelode.types import Hit, SymbolHit

AnyHit = TypeVar("AnyHit", "Hit", "SymbolHit")


@dataclass(frozen=True)
class TreePart:
    """Folders and files of a tree, without some folders and files in them.

    Paths are POSIX and relative to the root of the tree. Folders end with a slash; the empty path
    is the whole tree. No path of `within` lies in another. With `only`, the files must also be
    among its paths, or in one of its folders. With `since`, in ns since the epoch, they must have
    been modified then or later.
    """

    within: tuple[str, ...] = ("",)
    without: tuple[str, ...] = ()
    only: frozenset[bytes] | None = None
    since: int | None = None

    @classmethod
    def of(cls, within: Iterable[str], without: Iterable[str] = ()) -> TreePart:
        """Return the part that some paths cover; one path may lie inside another."""
        outer: list[str] = []
        for path in sorted(set(within)):
            if not any(_covers(other, path) for other in outer):
                outer.append(path)
        return cls(tuple(outer), tuple(sorted(set(without))))

    @property
    def is_whole(self) -> bool:
        """Whether the part has every path of the tree."""
        return self.within == ("",) and not self.without and self.only is None

    @cached_property
    def only_files(self) -> list[bytes] | None:
        """The paths of `only`; None without `only`, or if it names a folder."""
        if self.only is None or any(path.endswith(b"/") for path in self.only):
            return None
        return list(self.only)

    def relative(self, path: bytes) -> bytes | None:
        """Return the path of a file relative to the folder of this part that contains the file.

        Returns the name of the file if the part lists the file itself, and None if the file is not
        in the part. Ignores `since`.
        """
        if self.only is not None and not _is_among(path, self.only):
            return None
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


def _is_among(path: bytes, paths: frozenset[bytes]) -> bool:
    """Return whether a file is among some paths, or in one of the folders among them."""
    if path in paths:
        return True
    end = path.rfind(b"/")
    while end >= 0:
        if path[: end + 1] in paths:
            return True
        end = path.rfind(b"/", 0, end)
    return b"" in paths


def _covers(folder: str, path: str) -> bool:
    return not folder or path == folder or (folder.endswith("/") and path.startswith(folder))


WHOLE = TreePart()


def within_folder(hits: list[AnyHit], folder: str) -> list[AnyHit]:
    """Return hits with paths relative to `folder`, which ends with a slash, or is empty."""
    if not folder:
        return hits
    return [replace(hit, path=hit.path.removeprefix(folder)) for hit in hits]
