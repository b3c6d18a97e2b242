"""The rule files in force in one folder, and their precedence.

From the strongest: `.lodeignore`, `.ignore`, `.gitignore`, then git's `info/exclude` and
`core.excludesFile`. Within a kind, a deeper file has precedence over a shallower one. The first
file with a matching rule decides, by its last matching rule. Inside a nested git repository, the
`.lodeignore` and `.ignore` files of the outer one apply, but its `.gitignore` files and excludes
do not.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from codelode.discover import safe_open as opening
from codelode.discover.git_excludes import NO_WORKTREE, Worktree
from codelode.discover.ignore import Finder, Rules, parse

KINDS = (".lodeignore", ".ignore", ".gitignore")
MAX_RULES_BYTES = 8 << 20
"""Larger rule files are not read (git's own limit is 100 MiB)."""


class RuleFile(NamedTuple):
    """The rules of one file. `base` is the path of the folder they apply to (see `RuleStack`)."""

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
    """The rule files in force in a folder, by kind; within a kind, the strongest first.

    Paths are relative to the top of the root's git worktree, or to the root if it is in none.
    `worktree` is the git worktree of the folder, and `base` is the path of that worktree's top.
    """

    lode: tuple[RuleFile, ...] = ()
    plain: tuple[RuleFile, ...] = ()
    git: tuple[RuleFile, ...] = ()
    excludes: tuple[RuleFile, ...] = ()
    worktree: Worktree = NO_WORKTREE
    base: bytes = b""

    def entered(self, base: bytes, label: str, read: Callable[[str], bytes | None]) -> RuleStack:
        """Return the stack for the folder `base`, with the rule files that `read` finds there.

        `label` is the prefix of their names in `RuleFile.label`.
        """
        found: list[tuple[RuleFile, ...]] = []
        for kind in KINDS:
            data = read(kind)
            if not data:
                found.append(())
                continue
            rules = Rules(parse(data), ignore_case=self.worktree.ignore_case)
            file = RuleFile(rules, base, label + kind, kind != ".gitignore")
            found.append((file,) if rules.rules else ())
        lode, plain, git = found
        return replace(self, lode=lode + self.lode, plain=plain + self.plain, git=git + self.git)

    def in_worktree(self, worktree: Worktree, base: bytes, *, heed: bool = True) -> RuleStack:
        """Return the stack at the top of a git worktree, before its own rule files are added.

        Without `heed`, git's rules outside the tree are not in force.
        """
        excludes = excludes_of(worktree, base) if heed else ()
        return replace(self, git=(), excludes=excludes, worktree=worktree, base=base)

    def is_tracked(self, path: bytes, *, is_folder: bool) -> bool:
        """Check whether git tracks the file, or anything below the folder, at `path`."""
        own = path[len(self.base) :]
        tracked = self.worktree.tracked
        return tracked.holds_below(own + b"/") if is_folder else tracked.holds(own)

    def finders(self, folder: bytes, *, folders: bool) -> tuple[tuple[Finder, RuleFile], ...]:
        """Return the finders, the strongest first, for the files or the folders in `folder`.

        `folder` is a path as `RuleStack` describes it: empty, or with a `/` at its end.
        """
        found = []
        for file in (*self.lode, *self.plain, *self.git, *self.excludes):
            finder = file.rules.finder(folder[len(file.base) :], folders=folders)
            if finder is not None:
                found.append((finder, file))
        return tuple(found)


def excludes_of(worktree: Worktree, base: bytes) -> tuple[RuleFile, ...]:
    """Return the rules that git keeps outside the tree; they apply to the folder `base`.

    `base` is the path of the worktree's top, or of the root if there is no worktree; `RuleStack`
    says what such a path is relative to.
    """
    found = []
    for path in worktree.exclude_files():
        data = opening.read_settings(path, MAX_RULES_BYTES, follow=True)
        if data:
            rules = Rules(parse(data), ignore_case=worktree.ignore_case)
            found.append(RuleFile(rules, base, str(path)))
    return tuple(found)


def stack_above(root: Path, top: Path | None, *, heed: bool = True) -> tuple[RuleStack, bytes]:
    """Return the stack of a root, without its own rules, and the root's path as `finders` takes it.

    `root` is a real path, and `top` is the top of its worktree. The stack holds git's excludes and
    the rule files of the folders above the root, from `top` on. Without `heed`, it holds no rules.
    """
    stack = RuleStack().in_worktree(Worktree(top), b"", heed=heed)
    if top is None or top == root:
        return stack, b""
    folder, base = top, b""
    steps = root.relative_to(top).parts
    for number, step in enumerate(steps):
        label = "../" * (len(steps) - number)
        if heed:
            stack = stack.entered(base, label, partial(_read_rules, folder))
        folder, base = folder / step, base + os.fsencode(step) + b"/"
    return stack, base


def _read_rules(folder: Path, name: str) -> bytes | None:
    return opening.read_settings(folder / name, MAX_RULES_BYTES)
