"""The trees that the page shows, and nothing outside of them: the protocols `Tree` and `Trees`.

A path on the page is relative to the root of its file; with several roots, the label of the root
comes first: `app/src/main.py`. A path on the page can only name a file that an index holds, so that
no path, however it is written, leads outside of a root.

A root is a folder on this machine (`local_trees`) or a repository of a roster (`repositories`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from codelode.page.words import Filters
    from codelode.search.request import SearchRequest
    from codelode.types import Answer, Hit, SymbolHit


@dataclass(frozen=True, slots=True)
class Found:
    """A hit and its tree; the path of the hit is relative to the tree."""

    tree: Tree
    hit: Hit


@dataclass(frozen=True, slots=True)
class State:
    """The state of an index, or of the indexes of a roster together.

    `place` is the root, or the place of the roster. `last_commit` is in seconds since the epoch, or
    None. While `updating`, `files_to_read` and `files_read` count files of the update under way.
    `problem` says why the last update failed, or why the index cannot be read; else it is empty.
    """

    label: str
    place: str
    exists: bool = False
    generation: int = 0
    files: int = 0
    chunks: int = 0
    index_bytes: int = 0
    complete: bool = False
    last_commit: float | None = None
    updating: bool = False
    files_to_read: int = 0
    files_read: int = 0
    problem: str = ""


class Tree(Protocol):
    """A root. Paths are relative to it and name files that `Trees.find` has found."""

    @property
    def label(self) -> str:
        """The label, which no other root has."""

    @property
    def is_on_disk(self) -> bool:
        """Whether texts are read from the disk now; otherwise, they are as they were indexed."""

    def file(self, path: str) -> Path | None:
        """Return the file on this machine; None if it is elsewhere."""

    def text(self, path: str) -> str:
        """Return the text of a file. Raises `UsageError` if it can no longer be read."""

    def outline(self, path: str) -> list[SymbolHit]:
        """Return the definitions of a file. Raises `UsageError`."""

    def related(self, path: str, line: int, limit: int) -> list[Found]:
        """Return similar code from other files. Raises `UsageError`."""


class Trees(Protocol):
    """All roots."""

    @property
    def several(self) -> bool:
        """Whether paths begin with the `label` of their root."""

    @property
    def updates(self) -> bool:
        """Whether this process updates the indexes."""

    def start(self) -> None:
        """Start to keep the indexes up to date, if this process `updates` them."""

    def update(self, label: str) -> bool:
        """Start an update of a root; return False if one was running already.

        Raises `UsageError` if no root has this label.
        """

    def search(self, filters: Filters, request: SearchRequest) -> tuple[Answer, list[Found]] | None:
        """Search the roots that filters allow, with one ranking, without waiting for updates.

        Returns None if there is nothing to search. Raises what `Index.answer` raises.
        """

    def shown(self, tree: Tree, path: str) -> str:
        """Return the path of a file as the page shows it."""

    def find(self, path: str) -> tuple[Tree, str]:
        """Return the tree of an indexed file, and the path in that tree.

        `path` is as `shown` returns it. Raises `UsageError` if there is no such file.
        """

    def states(self) -> Sequence[State]:
        """Return the states of all indexes, at least one."""

    def languages(self, state: State) -> Mapping[str, int]:
        """Return the number of files by language; an empty name stands for no language.

        Raises `CodelodeError`.
        """

    def names(self) -> Sequence[tuple[str, int]]:
        """Return each label that no state in `states` describes, with its number of files."""


def url_path(path: str) -> str:
    """Return a path as part of a URL; bytes that are not UTF-8 are escaped, not lost."""
    return quote(os.fsencode(path))


def path_of_url(encoded: str) -> str:
    """Return the path that a part of a URL encodes."""
    return os.fsdecode(unquote_to_bytes(encoded))
