"""Walk a tree in order, and decide for every file whether it is worth reading, with the reason.

Folders are opened by descriptor, one below the other and never through a link, so that a walk
cannot leave its root, whatever happens to the tree meanwhile.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from operator import itemgetter
from pathlib import Path

from codelode.discover import safe_open as opening
from codelode.discover.folder import Folder, Omission
from codelode.discover.git_excludes import Worktree, worktree_above
from codelode.discover.ignore import Rules
from codelode.discover.installed import is_index, marks_among, purpose
from codelode.discover.language import language_of
from codelode.discover.options import WalkOptions, size_limit, too_large
from codelode.discover.rule_stack import KINDS, MAX_RULES_BYTES, stack_above
from codelode.discover.scope import Scope
from codelode.discover.secret_files import holds_secrets
from codelode.errors import UsageError
from codelode.system.open_flags import FOLDER
from codelode.types import Skip, SkipReason, SourceFile

MAX_DEPTH = 250
"""Maximum nesting of folders. Each level of the walk keeps one descriptor open."""

_ENCODING = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()
"""The encoding and errors of `os.fsencode`, a call of which takes four times as long."""

_RULE_FILES = frozenset(os.fsencode(kind) for kind in KINDS)


def walk(
    root: str | Path,
    options: WalkOptions | None = None,
    scope: Scope | None = None,
    entered: Callable[[str], None] | None = None,
) -> Iterator[SourceFile | Skip]:
    """Yield a `SourceFile` or a `Skip` for every file below a root, in the order of their paths.

    With a `scope`, yield only the files in it, each with the same result as in a whole walk.
    Folders on the way to the scope are listed; other folders outside of it are not entered. A
    skipped folder on the way is reported too.

    Paths are sorted as tuples of their parts, each compared byte by byte: `a/b` before `a.c`. A
    skipped folder gives one `Skip` whose path ends in `/`. A root that is a link is resolved first;
    below it, no link is followed. Rule files apply inside and outside of git repositories (see
    `rule_stack`), including those of the folders above the root up to the top of its git worktree.
    Outside of any worktree, rules of the root that ignore everything are disregarded if they would
    leave nothing at all: they were written for git, not for a user who names that folder.

    In a git worktree, hidden files and files that git's rules ignore are not skipped if git tracks
    them. Installed packages, caches and indexes are skipped (see `installed`), and files
    that hold secrets are skipped even if git tracks them (see `secret_files`).

    `entered` is called with the path of each folder that the walk enters, with a final slash; with
    an empty path for the root.

    Memory holds the entries of the folders on the way to the current one, never of the whole tree.
    Raises `UsageError` if the root is not a readable folder, and `IndexingError` if the machine
    runs out of descriptors or memory.
    """
    try:
        real = Path(os.path.realpath(root))
    except ValueError:  # a NUL character in the path
        raise UsageError(f"{str(root)!r}: no such folder") from None
    os.close(_open_root(real))
    return _Walk(real, options or WalkOptions(), scope, entered).run()


def _open_root(root: Path) -> int:
    try:
        return os.open(root, FOLDER)
    except FileNotFoundError:
        raise UsageError(f"{root}: no such folder") from None
    except NotADirectoryError:
        raise UsageError(f"{root}: not a folder") from None
    except OSError as error:
        raise UsageError(f"{root}: cannot be read: {error.strerror}") from None


class _Walk:
    def __init__(
        self,
        root: Path,
        options: WalkOptions,
        scope: Scope | None,
        entered: Callable[[str], None] | None,
    ) -> None:
        self._root = root
        self._entered = entered or (lambda path: None)
        self._options = options
        self._scope = scope
        self._way: list[Folder] = []
        above = os.path.join(root, "")  # noqa: PTH118 (the final separator)
        inside = [path for path in options.exclude if path.startswith(above)]
        self._excluded = frozenset(path[len(above) :].rstrip("/") for path in inside)

    def run(self) -> Iterator[SourceFile | Skip]:
        try:
            self._enter_root()
            while self._way:
                folder = self._way[-1]
                whole = folder.names is None
                for raw, entry in folder.rest:
                    found = self._look(folder, raw, entry)
                    if found is None:  # entered a folder: go on there
                        break
                    if whole or found.path.endswith("/") or not folder.leads_on(entry.name):
                        yield found
                else:
                    os.close(self._way.pop().descriptor)
        finally:
            for folder in self._way:
                os.close(folder.descriptor)

    def _look(
        self, folder: Folder, raw: bytes, entry: os.DirEntry[str]
    ) -> SourceFile | Skip | None:
        """Return the result for an entry; None for a folder, after entering it."""
        path = folder.path + entry.name
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
            omission = self._left_out(folder, raw, path, is_folder)
            if omission is not None:
                way = folder.raw + raw
                if not (
                    omission.unless_tracked and folder.stack.is_tracked(way, is_folder=is_folder)
                ):
                    return omission.skip
            if is_folder:
                return self._enter(folder, raw, entry.name, omission)
            return self._file(folder, path, entry)
        except OSError as error:
            return opening.refusal(path, error)

    def _file(self, folder: Folder, path: str, entry: os.DirEntry[str]) -> SourceFile | Skip:
        """Return a file, or the reason for skipping it."""
        if not entry.is_file(follow_symlinks=False):
            link = entry.is_symlink()
            return Skip(path, SkipReason.SYMLINK if link else SkipReason.SPECIAL)
        status = entry.stat(follow_symlinks=False)
        size, name = status.st_size, entry.name
        if size == 0:
            return Skip(path, SkipReason.EMPTY)
        limit = self._options.max_file_size
        if size > limit and size > (limit := size_limit(name, limit)):
            return too_large(path, size, limit)
        language = folder.header_language() if name.endswith(".h") else language_of(name)
        times = status.st_mtime_ns, status.st_ctime_ns
        return SourceFile(path, size, *times, status.st_ino, language)

    def _left_out(self, folder: Folder, raw: bytes, path: str, is_folder: bool) -> Omission | None:
        """Return why rules, options or the name leave an entry out; None if nothing does."""
        options = self._options
        if self._excluded and path in self._excluded:
            shown = path + "/" if is_folder else path
            return Omission(Skip(shown, SkipReason.IGNORED, "excluded on request"), False)
        omission = folder.left_out(
            raw, path, is_folder=is_folder, hidden=options.hidden, installed=options.installed
        )
        if not is_folder and not options.secrets and holds_secrets(raw):
            return Omission(Skip(path, SkipReason.SECRET), False)
        return omission

    def _enter(
        self, above: Folder, raw: bytes, name: str, omission: Omission | None
    ) -> Skip | None:
        """Enter a folder, or return the reason for skipping it.

        With an `omission`, all files of the folder are skipped except those that git tracks.
        """
        path = f"{above.path}{name}/"
        if len(self._way) > MAX_DEPTH:
            return Skip(path, SkipReason.UNREADABLE, f"more than {MAX_DEPTH} folders deep")
        try:
            descriptor = os.open(name, FOLDER, dir_fd=above.descriptor)
        except OSError as error:
            return opening.refusal(path, error)
        folder = Folder(
            descriptor,
            path,
            above.raw + raw + b"/",
            above.stack,
            names=None if above.names is None else above.names[name],
            omission=omission.skip if omission else None,
            above=above,
        )
        self._way.append(folder)
        try:
            skip = self._list(folder)
        except OSError as error:
            skip = opening.refusal(path, error)
        if skip is None:
            self._entered(path)
        else:
            os.close(self._way.pop().descriptor)
        return skip

    def _list(self, folder: Folder) -> Skip | None:
        """Read the entries of a folder and its rules, or return the reason for skipping it."""
        with os.scandir(folder.descriptor) as listing:
            entries = [(entry.name.encode(*_ENCODING), entry) for entry in listing]
        entries.sort(key=itemgetter(0))
        folder.keep(entries)
        names = {raw for raw, _ in entries}
        if folder.path and (skip := self._purpose(folder, names)) is not None:
            return skip
        heed, stack = not self._options.no_ignore, folder.stack
        if b".git" in names and folder.path:
            worktree = Worktree(self._root / folder.path)
            stack = stack.in_worktree(worktree, folder.raw, heed=heed)
        if heed and not names.isdisjoint(_RULE_FILES):
            read = partial(opening.read_settings, limit=MAX_RULES_BYTES, folder=folder.descriptor)
            stack = stack.entered(folder.raw, folder.path, read)
        folder.heed(stack)
        return None

    def _purpose(self, folder: Folder, names: set[bytes]) -> Skip | None:
        """Return the skip for an index, an environment or a cache; None if the walk enters it.

        If git tracks files in an environment or a cache, the walk enters it, and skips the files
        that git does not track. With the option `installed`, the walk enters it like any other
        folder.
        """
        marks = marks_among(names)
        if not marks:
            return None
        if is_index(marks, folder.descriptor):
            return Skip(folder.path, SkipReason.IGNORED, "an index")
        if self._options.installed or (detail := purpose(marks, folder.descriptor)) is None:
            return None
        skip = Skip(folder.path, SkipReason.INSTALLED, detail)
        if not folder.stack.is_tracked(folder.raw[:-1], is_folder=True):
            return skip
        folder.omission = folder.omission or skip
        return None

    def _enter_root(self) -> None:
        self._entered("")
        heed = not self._options.no_ignore
        worktree = worktree_above(self._root)
        stack, raw = stack_above(self._root, worktree, heed=heed)
        names = None if self._scope is None else self._scope.names
        root = Folder(_open_root(self._root), "", raw, stack, names)
        self._way.append(root)
        try:
            self._list(root)
        except OSError as error:
            raise UsageError(f"{self._root}: cannot be read: {error.strerror}") from None
        if heed and worktree is None and root.stack.git and self._nothing_left(root):
            only = root.stack.git[0]
            rules = Rules(rule for rule in only.rules.rules if not rule.catches_all)
            root.heed(replace(root.stack, git=(only._replace(rules=rules),)))

    def _nothing_left(self, folder: Folder) -> bool:
        return all(
            self._left_out(folder, raw, entry.name, entry.is_dir(follow_symlinks=False))
            for raw, entry in folder.entries
        )
