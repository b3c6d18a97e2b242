"""The part of a tree that a partial walk enters."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from codelode.discover.git_excludes import worktree_above
from codelode.discover.headers import language_of_sources
from codelode.discover.ignore import parse
from codelode.discover.rule_stack import KINDS, MAX_RULES_BYTES
from codelode.discover.safe_open import read_settings
from codelode.errors import UsageError
from codelode.lazy import cached_property

Names = dict[str, "Names | None"]
"""Entries of a folder by name: None if all of an entry is in scope, else the entries in scope."""

_GIT_SETTINGS = {(), ("info",), ("info", "exclude"), ("config",), ("commondir",), ("index",)}
"""Paths below `.git` that determine what git ignores or tracks in its parent folder."""


@dataclass(frozen=True)
class Scope:
    """Files and folders of a tree, with everything below them.

    `paths` are POSIX and relative to the root. None of them lies below another.
    """

    paths: tuple[str, ...]

    @classmethod
    def of(
        cls, root: Path, paths: Iterable[str | os.PathLike[str]], *, no_ignore: bool = False
    ) -> Scope | None:
        """Return the scope of a walk after changes to `paths`; None for the whole tree.

        `root` is a real path; `paths` are absolute or relative to it and need not exist. A rule
        file stands for its folder, because it decides for everything there; so does a C or C++
        source that may decide whether the headers in its folder are C or C++. Outside of git
        worktrees, a `.gitignore` of the root that ignores everything is disregarded if it would
        leave nothing. That depends on every entry of the root, so with such a file, any change
        stands for the whole tree.

        Raises `UsageError` if a path is not below the root.
        """
        chosen = [_parts(os.fspath(root), os.fsdecode(path)) for path in paths]
        if not no_ignore:
            if chosen and _depends_on_all(root):
                return None
            chosen = [_decided_by(parts) for parts in chosen]
        chosen += _folders_of_headers(root, chosen)
        if () in chosen:
            return None
        names: Names = {}
        for parts in chosen:
            _insert(names, parts)
        return cls(tuple(_leaves(names)))

    @cached_property
    def names(self) -> Names:
        """The entries of the root that are in scope."""
        names: Names = {}
        for path in self.paths:
            _insert(names, tuple(path.split("/")))
        return names


def _parts(root: str, path: str) -> tuple[str, ...]:
    """Return the parts of a path below the root. Links below the root are not followed."""
    # pathlib is slow for thousands of paths; and `..` must be resolved by name, not through links.
    joined = os.path.normpath(os.path.join(root, path))  # noqa: PTH118
    below = _below(root, joined)
    if below is None:
        head, name = os.path.split(joined)
        below = _below(root, os.path.join(os.path.realpath(head), name))  # noqa: PTH118
    if below is None:
        raise UsageError(f"{path}: not inside {root}")
    return tuple(below.split("/")) if below else ()


def _below(root: str, path: str) -> str | None:
    """Return `path` relative to the root, empty for the root itself; None if it is outside."""
    if path == root:
        return ""
    prefix = root if root.endswith("/") else f"{root}/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def _decided_by(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the folder that a rule file or a setting of git governs, or else the path itself."""
    if ".git" in parts:
        place = parts.index(".git")
        return parts[:place] if parts[place + 1 :] in _GIT_SETTINGS else parts
    return parts[:-1] if parts and parts[-1] in KINDS else parts


def _folders_of_headers(root: Path, chosen: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield the folders whose headers may have another language after changes to `chosen`."""
    by_folder: dict[tuple[str, ...], set[bytes]] = {}
    for parts in chosen:
        if parts and language_of_sources([name := os.fsencode(parts[-1])]):
            by_folder.setdefault(parts[:-1], set()).add(name)
    for folder, names in by_folder.items():
        try:
            others = {os.fsencode(each.name) for each in root.joinpath(*folder).iterdir()} - names
        except OSError:  # the folder is gone, or is a file now
            continue
        decided = language_of_sources(others)
        if decided is None or (decided == "c" and language_of_sources(names) == "cpp"):
            yield folder


def _depends_on_all(root: Path) -> bool:
    """Return whether the root is in no worktree, and a rule of its `.gitignore` ignores everything.

    A walk disregards such a rule if the rule would leave nothing, and that depends on every entry
    of the root.
    """
    if worktree_above(root) is not None:
        return False
    rules = read_settings(root / ".gitignore", MAX_RULES_BYTES) or b""
    return any(rule.catches_all for rule in parse(rules))


def _insert(names: Names, parts: tuple[str, ...]) -> None:
    """Put a path into scope, with everything below it."""
    *folders, last = parts
    for folder in folders:
        below = names.setdefault(folder, {})
        if below is None:  # the whole folder is in scope already
            return
        names = below
    names[last] = None


def _leaves(names: Names, folder: str = "") -> Iterator[str]:
    """Yield the paths of everything that is wholly in scope."""
    for name, below in names.items():
        if below is None:
            yield folder + name
        else:
            yield from _leaves(below, f"{folder}{name}/")
