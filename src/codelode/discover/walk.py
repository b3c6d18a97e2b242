"""Walk a tree in order, and decide for every file whether it is worth reading, with the reason.

Folders are opened by descriptor, one below the other and never through a link, so that a walk
cannot leave its root, whatever happens to the tree meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter
from pathlib import Path

from codelode.discover import safe_open as opening
from codelode.discover.git_excludes import worktree_above
from codelode.discover.ignore import NOT_FOUND, Finder, Rules
from codelode.discover.language import language_of
from codelode.discover.options import WalkOptions
from codelode.discover.rule_stack import (
    KINDS,
    MAX_RULES_BYTES,
    RuleFile,
    RuleStack,
    excludes_of,
    stack_above,
)
from codelode.discover.scope import Names, Scope
from codelode.errors import UsageError
from codelode.system.open_flags import FOLDER
from codelode.types import Skip, SkipReason, SourceFile

MAX_DEPTH = 250
"""Maximum nesting of folders. Each level of the walk keeps one descriptor open."""

_RULE_FILES = frozenset(os.fsencode(kind) for kind in KINDS)


def walk(
    root: str | Path, options: WalkOptions | None = None, scope: Scope | None = None
) -> Iterator[SourceFile | Skip]:
    """Yield a `SourceFile` or a `Skip` for every file below a root, in the order of their paths.

    With a `scope`, only files in it, with the same result as without. Folders on the way to it are
    listed, others are not entered. A skipped folder on the way is reported too.

    Paths are sorted as tuples of their parts, each compared byte by byte: `a/b` before `a.c`. A
    skipped folder gives one `Skip` whose path ends in `/`. A root that is a link is resolved first;
    below it, no link is followed. Rule files apply inside and outside of git repositories (see
    `rule_stack`), including those of the folders above the root up to the top of its git worktree.
    Outside of any worktree, rules of the root that ignore everything are disregarded if they would
    leave nothing at all: they were written for git, not for a user who names that folder.

    Memory holds the entries of the folders on the way to the current one, never of the whole tree.
    Raises `UsageError` if the root is not a readable folder, and `IndexingError` if the machine
    runs out of descriptors or memory.
    """
    try:
        real = Path(os.path.realpath(root))
    except ValueError:  # a NUL character
        raise UsageError(f"{str(root)!r}: no such folder") from None
    os.close(_open_root(real))
    return _Walk(real, options or WalkOptions(), scope).run()


def _open_root(root: Path) -> int:
    try:
        return os.open(root, FOLDER)
    except FileNotFoundError:
        raise UsageError(f"{root}: no such folder") from None
    except NotADirectoryError:
        raise UsageError(f"{root}: not a folder") from None
    except OSError as error:
        raise UsageError(f"{root}: cannot be read: {error.strerror}") from None


@dataclass(slots=True)
class _Folder:
    """A folder on the way from the root to the current one."""

    descriptor: int
    path: str  # from the root, empty or with a trailing `/`
    raw: bytes  # the same from the top of the worktree
    stack: RuleStack
    names: Names | None = None  # the entries in scope; None for all
    for_files: tuple[tuple[Finder, RuleFile], ...] = ()
    for_folders: tuple[tuple[Finder, RuleFile], ...] = ()
    entries: Sequence[tuple[bytes, os.DirEntry[str]]] = ()
    rest: Iterator[tuple[bytes, os.DirEntry[str]]] = field(
        default_factory=lambda: iter(())
    )  # not visited yet

    def keep(self, entries: Sequence[tuple[bytes, os.DirEntry[str]]]) -> None:
        """Take the sorted entries of the folder, restricted to those in scope."""
        names, self.entries = self.names, entries
        self.rest = iter(
            entries if names is None else [each for each in entries if each[1].name in names]
        )

    def leads_on(self, name: str) -> bool:
        """Check whether an entry only leads to something in scope."""
        return self.names is not None and self.names[name] is not None

    def heed(self, stack: RuleStack) -> None:
        self.stack = stack
        self.for_files = stack.finders(self.raw, folders=False)
        self.for_folders = stack.finders(self.raw, folders=True)


class _Walk:
    def __init__(self, root: Path, options: WalkOptions, scope: Scope | None) -> None:
        self._root = root
        self._options = options
        self._scope = scope
        self._way: list[_Folder] = []
        above = os.path.join(root, "")  # noqa: PTH118 (the final separator)
        inside = [path for path in options.exclude if path.startswith(above)]
        self._excluded = frozenset(path[len(above) :].rstrip("/") for path in inside)

    def run(self) -> Iterator[SourceFile | Skip]:
        try:
            self._enter_root()
            while self._way:
                folder = self._way[-1]
                for raw, entry in folder.rest:
                    found = self._look(folder, raw, entry)
                    if found is None:  # a folder, which is now the innermost
                        break
                    if found.path.endswith("/") or not folder.leads_on(entry.name):
                        yield found
                else:
                    os.close(self._way.pop().descriptor)
        finally:
            for folder in self._way:
                os.close(folder.descriptor)

    def _look(
        self, folder: _Folder, raw: bytes, entry: os.DirEntry[str]
    ) -> SourceFile | Skip | None:
        """Return the result for an entry; None for a folder, after entering it."""
        path = folder.path + entry.name
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
            skip = self._left_out(folder, raw, path, is_folder)
            if skip is not None:
                return skip
            if is_folder:
                return self._enter(folder, raw, path, entry.name)
            if not entry.is_file(follow_symlinks=False):
                link = entry.is_symlink()
                return Skip(path, SkipReason.SYMLINK if link else SkipReason.SPECIAL)
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            return opening.refusal(path, error)
        size = status.st_size
        if size == 0:
            return Skip(path, SkipReason.EMPTY)
        if size > self._options.max_file_size:
            limit = self._options.max_file_size
            return Skip(path, SkipReason.TOO_LARGE, f"{size:,} bytes, the limit is {limit:,}")
        return SourceFile(
            path,
            size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_ino,
            language_of(entry.name),
        )

    def _left_out(self, folder: _Folder, raw: bytes, path: str, is_folder: bool) -> Skip | None:
        """Return a skip if rules, options or the name of an entry exclude it."""
        shown = path + "/" if is_folder else path
        if raw == b".git":
            return Skip(shown, SkipReason.HIDDEN, "git's own")
        hidden = raw.startswith(b".") and not self._options.hidden
        for find, file in folder.for_folders if is_folder else folder.for_files:
            number = find(raw)
            if number != NOT_FOUND:
                if not file.rules.rules[number].negated:
                    return Skip(shown, SkipReason.IGNORED, file.detail(number))
                hidden = hidden and not file.unhides
                break
        if hidden:
            return Skip(shown, SkipReason.HIDDEN)
        if self._excluded and path in self._excluded:
            return Skip(shown, SkipReason.IGNORED, "excluded on request")
        return None

    def _enter(self, above: _Folder, raw: bytes, path: str, name: str) -> Skip | None:
        """Enter a folder, or return the skip if that fails."""
        if len(self._way) > MAX_DEPTH:
            return Skip(path + "/", SkipReason.UNREADABLE, f"more than {MAX_DEPTH} folders deep")
        try:
            descriptor = os.open(name, FOLDER, dir_fd=above.descriptor)
        except OSError as error:
            return opening.refusal(path + "/", error)
        names = None if above.names is None else above.names[name]
        below = _Folder(descriptor, path + "/", above.raw + raw + b"/", above.stack, names)
        self._way.append(below)
        try:
            self._list(below)
        except OSError as error:
            os.close(self._way.pop().descriptor)
            return opening.refusal(path + "/", error)
        return None

    def _list(self, folder: _Folder) -> None:
        with os.scandir(folder.descriptor) as listing:
            entries = [(os.fsencode(entry.name), entry) for entry in listing]
        entries.sort(key=itemgetter(0))
        folder.keep(entries)
        if self._options.no_ignore:
            return
        stack = folder.stack
        dotted = {raw for raw, _ in entries if raw.startswith(b".")}
        if b".git" in dotted and folder.path:
            stack = stack.in_worktree(excludes_of(self._root / folder.path, folder.raw))
        if not dotted.isdisjoint(_RULE_FILES):
            read = partial(opening.read_settings, limit=MAX_RULES_BYTES, folder=folder.descriptor)
            stack = stack.entered(folder.raw, folder.path, read)
        folder.heed(stack)

    def _enter_root(self) -> None:
        heed = not self._options.no_ignore
        worktree = worktree_above(self._root) if heed else None
        stack, raw = stack_above(self._root, worktree) if heed else (RuleStack(), b"")
        names = None if self._scope is None else self._scope.names
        root = _Folder(_open_root(self._root), "", raw, stack, names)
        self._way.append(root)
        try:
            self._list(root)
        except OSError as error:
            raise UsageError(f"{self._root}: cannot be read: {error.strerror}") from None
        if heed and worktree is None and root.stack.git and self._nothing_left(root):
            only = root.stack.git[0]
            rules = Rules(rule for rule in only.rules.rules if not rule.catches_all)
            root.heed(replace(root.stack, git=(only._replace(rules=rules),)))

    def _nothing_left(self, folder: _Folder) -> bool:
        return all(
            self._left_out(folder, raw, entry.name, entry.is_dir(follow_symlinks=False))
            for raw, entry in folder.entries
        )
