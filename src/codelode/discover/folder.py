"""One folder on a walk: its entries, the rules in force, and the skips they cause."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from codelode.discover.headers import language_of_sources
from codelode.discover.ignore import NOT_FOUND, Finder
from codelode.discover.installed import holds_packages
from codelode.discover.rule_stack import RuleFile, RuleStack
from codelode.discover.scope import Names
from codelode.types import Skip, SkipReason

Entry = tuple[bytes, "os.DirEntry[str]"]


class Omission(NamedTuple):
    """The reason for skipping an entry; with `unless_tracked`, files that git tracks are kept."""

    skip: Skip
    unless_tracked: bool


@dataclass(slots=True)
class Folder:
    """A folder on the way from the root to the current one.

    `omission`, if any, is the reason for skipping everything in it, except files that git tracks.
    """

    descriptor: int
    path: str  # relative to the root: empty, or with a final `/`
    raw: bytes  # relative to the top of the worktree: empty, or with a final `/`
    stack: RuleStack
    names: Names | None = None  # the entries in scope; None for all
    omission: Skip | None = None
    above: Folder | None = None
    for_files: tuple[tuple[Finder, RuleFile], ...] = ()
    for_folders: tuple[tuple[Finder, RuleFile], ...] = ()
    entries: Sequence[Entry] = ()
    rest: Iterator[Entry] = field(default_factory=lambda: iter(()))  # the entries not looked at yet
    _headers: str = ""

    def keep(self, entries: Sequence[Entry]) -> None:
        """Take the sorted entries of the folder, and look only at those in scope."""
        names, self.entries = self.names, entries
        self.rest = iter(
            entries if names is None else [each for each in entries if each[1].name in names]
        )

    def leads_on(self, name: str) -> bool:
        """Return whether an entry is not in scope itself, but contains something in scope."""
        return self.names is not None and self.names[name] is not None

    def heed(self, stack: RuleStack) -> None:
        """Put the rules of a stack in force."""
        self.stack = stack
        self.for_files = stack.finders(self.raw, folders=False)
        self.for_folders = stack.finders(self.raw, folders=True)

    def left_out(
        self, raw: bytes, path: str, *, is_folder: bool, hidden: bool, installed: bool
    ) -> Omission | None:
        """Return why rules, its name or `self.omission` exclude an entry; None if nothing does.

        With `hidden`, hidden names are not excluded; with `installed`, installed packages are not.
        """
        shown = path + "/" if is_folder else path
        if raw == b".git":
            return Omission(Skip(shown, SkipReason.HIDDEN, "git's own"), False)
        is_hidden = raw.startswith(b".") and not hidden
        for find, file in self.for_folders if is_folder else self.for_files:
            number = find(raw)
            if number != NOT_FOUND:
                if not file.rules.rules[number].negated:
                    skip = Skip(shown, SkipReason.IGNORED, file.detail(number))
                    return Omission(skip, not file.unhides)
                is_hidden = is_hidden and not file.unhides
                break
        if is_hidden:
            return Omission(Skip(shown, SkipReason.HIDDEN), True)
        if is_folder and not installed and holds_packages(raw):
            return Omission(Skip(shown, SkipReason.INSTALLED), True)
        if self.omission is not None:
            return Omission(Skip(shown, self.omission.reason, self.omission.detail), True)
        return None

    def header_language(self) -> str:
        """Return the language of an ambiguous `.h`: the language of the sources in the folder.

        Without sources, the folder above decides.
        """
        if not self._headers:
            here = language_of_sources(raw for raw, _ in self.entries)
            above = self.above
            self._headers = here or ("c" if above is None else above.header_language())
        return self._headers
