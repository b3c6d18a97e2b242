"""The trees that a server may show. Nothing outside of them can be named."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.errors import UsageError
from codelode.index import Index

if TYPE_CHECKING:
    from collections.abc import Sequence

_GLOB = re.compile(r"(?:\{[^{}]*\}|[^\s,])+")
"""The globs in a list. Commas within braces belong to a glob."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder below a root: `path` is POSIX and relative, empty for the root itself."""

    index: Index
    path: str


class Roots:
    """The indexes of some roots, by the paths that agents use for them.

    Paths are shown relative to the server's current folder if it contains every root. Otherwise,
    they are relative to the root if there is only one, or else absolute.
    """

    def __init__(self, indexes: Sequence[Index]) -> None:
        """Take the indexes, which need not exist yet.

        If several have the same root, the last one counts.
        """
        self.indexes = list({index.root: index for index in indexes}.values())
        here = Path(os.path.realpath("."))
        if all(index.root.is_relative_to(here) for index in self.indexes):
            self.base: Path | None = here
        else:
            self.base = self.indexes[0].root if len(self.indexes) == 1 else None

    @classmethod
    def open(cls, roots: Sequence[str], index_dir: str | None = None) -> Roots:
        """Open the indexes of some folders. Raises `UsageError` for a bad root."""
        return cls([Index.open(root, index_dir=index_dir) for root in roots])

    def shown(self, index: Index, path: str) -> str:
        """Return a path relative to a root as agents see it."""
        full = index.root / path
        return str(full) if self.base is None else str(full.relative_to(self.base))

    def find(self, path: str) -> list[Place]:
        """Return the places that a path names; it is absolute, or relative as in answers.

        An empty path means every root. Raises `UsageError` if the path is outside of all roots.
        """
        path = path.strip()
        if path in ("", "."):
            return [Place(index, "") for index in self.indexes]
        if "\0" in path:
            raise UsageError("a path cannot contain a NUL character")
        bases = dict.fromkeys([*([self.base] if self.base else []), *self._all_roots()])
        found = [place for base in bases if (place := self._below_a_root(base / path))]
        if not found:
            raise UsageError(f"{path!r} is outside of the roots that this server may show")
        existing = [place for place in found if os.path.lexists(place.index.root / place.path)]
        return (existing or found)[:1]

    def _all_roots(self) -> list[Path]:
        return [index.root for index in self.indexes]

    def _below_a_root(self, path: Path) -> Place | None:
        """Return the place of an absolute path in the innermost root. Links are resolved."""
        try:
            real = Path(os.path.realpath(path))
        except (OSError, ValueError):
            return None
        holding = [index for index in self.indexes if real.is_relative_to(index.root)]
        if not holding:
            return None
        index = max(holding, key=lambda index: len(index.root.parts))
        relative = real.relative_to(index.root).as_posix()
        return Place(index, "" if relative == "." else relative)


def globs_of(place: Place, glob: str) -> list[str] | None:
    """Return the globs that restrict a search to a place and to the given globs.

    Globs are separated by spaces or commas, as in `*.py !tests`. Globs without a `!` are moved
    below the place, so that both restrictions hold.
    """
    wanted = [each for each in _GLOB.findall(glob) if each]
    if not place.path:
        return wanted or None
    below = "/" + "".join(f"\\{char}" if char in "\\*?[]{}!" else char for char in place.path)
    excluding = [each for each in wanted if each.startswith("!")]
    including = [each for each in wanted if not each.startswith("!")]
    if not including or not (place.index.root / place.path).is_dir():
        return [below, *excluding]
    return [*(_moved(below, each) for each in including), *excluding]


def _moved(below: str, glob: str) -> str:
    glob = glob.removeprefix("./")
    anchored = "/" in glob.removesuffix("/")
    return f"{below}/{glob.removeprefix('/') if anchored else f'**/{glob}'}"
