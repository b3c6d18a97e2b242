"""The rule files in force in one folder, and their precedence.

From the strongest: `.lodeignore`, `.ignore`, `.gitignore`, then git's `info/exclude` and
`core.excludesFile`. Within a kind, a deeper file has precedence over a shallower one. The first
file with a matching rule decides, by its last such rule. Inside a nested git repository, git's rule
files of the outer repository do not apply; the other two kinds do.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from codelode.discover import safe_open as opening
from codelode.discover.git_excludes import exclude_files
from codelode.discover.ignore import Finder, Rules, parse

KINDS = (".lodeignore", ".ignore", ".gitignore")
MAX_RULES_BYTES = 8 << 20
"""Larger rule files are not read (git's own limit is 100 MiB)."""


class RuleFile(NamedTuple):
    """The rules of one file. `base` is the folder they apply to, as in `RuleStack.finders`."""

    rules: Rules
    base: bytes
    label: str  # for messages: the path of the file
    unhides: bool = False  # whether `!` also includes hidden names

    def detail(self, number: int) -> str:
        """Name a rule as `git check-ignore -v` does: file, line and pattern."""
        rule = self.rules.rules[number]
        return f"{self.label}:{rule.line}:{os.fsdecode(rule.text)}"


@dataclass(frozen=True, slots=True)
class RuleStack:
    """The rule files in force in a folder, by kind, the strongest first in each kind."""

    lode: tuple[RuleFile, ...] = ()
    plain: tuple[RuleFile, ...] = ()
    git: tuple[RuleFile, ...] = ()
    excludes: tuple[RuleFile, ...] = ()

    def entered(self, base: bytes, label: str, read: Callable[[str], bytes | None]) -> RuleStack:
        """Return the stack for the folder `base`, with the rule files that `read` finds there.

        `label` is the prefix of their names in `RuleFile.label`.
        """
        found: list[tuple[RuleFile, ...]] = []
        for kind in KINDS:
            data = read(kind)
            file = RuleFile(Rules(parse(data or b"")), base, label + kind, kind != ".gitignore")
            found.append((file,) if file.rules.rules else ())
        lode, plain, git = found
        return RuleStack(lode + self.lode, plain + self.plain, git + self.git, self.excludes)

    def in_worktree(self, excludes: tuple[RuleFile, ...]) -> RuleStack:
        """Return the stack at the top of a git worktree, without the worktree's own rule files."""
        return replace(self, git=(), excludes=excludes)

    def finders(self, folder: bytes, *, folders: bool) -> tuple[tuple[Finder, RuleFile], ...]:
        """Return the lookups, in order, for the files or the folders in `folder`.

        `folder` is empty or ends with `/`, and is relative to the same place as every `base`.
        """
        found = []
        for file in (*self.lode, *self.plain, *self.git, *self.excludes):
            finder = file.rules.finder(folder[len(file.base) :], folders=folders)
            if finder is not None:
                found.append((finder, file))
        return tuple(found)


def excludes_of(worktree: Path | None, base: bytes) -> tuple[RuleFile, ...]:
    """Return git's rules outside the tree, for a worktree at `base` or outside any worktree."""
    found = []
    for path in exclude_files(worktree):
        data = opening.read_settings(path, MAX_RULES_BYTES, follow=True)
        if data:
            found.append(RuleFile(Rules(parse(data)), base, str(path)))
    return tuple(found)


def stack_above(root: Path, worktree: Path | None) -> tuple[RuleStack, bytes]:
    """Return the rules in force at a root before its own, and its `folder` for `RuleStack.finders`.

    These are git's excludes and the rule files of the folders above, from the top of the worktree
    that contains the root (a real path).
    """
    stack = RuleStack(excludes=excludes_of(worktree, b""))
    if worktree is None or worktree == root:
        return stack, b""
    folder, base = worktree, b""
    steps = root.relative_to(worktree).parts
    for number, step in enumerate(steps):
        label = "../" * (len(steps) - number)
        stack = stack.entered(base, label, partial(_read_rules, folder))
        folder, base = folder / step, base + os.fsencode(step) + b"/"
    return stack, base


def _read_rules(folder: Path, name: str) -> bytes | None:
    return opening.read_settings(folder / name, MAX_RULES_BYTES)
