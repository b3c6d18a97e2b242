"""The watched folders of a tree, and what has changed in them."""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codelode.discover.git_excludes import Worktree, worktree_above
from codelode.discover.installed import marks_among
from codelode.discover.rule_stack import KINDS
from codelode.discover.scope import Scope
from codelode.discover.walk import walk
from codelode.system import inotify
from codelode.system.inotify import Inotify

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from codelode.discover.options import WalkOptions
    from codelode.system.inotify import Event

MANY_FOLDERS = 256
"""If more folders than this have changed, all are listed again."""

_RULES = frozenset(os.fsencode(name) for name in KINDS)
_GIT_FILES = frozenset((b"index", b"config", b"config.worktree", b"commondir", b"exclude", b"info"))
_GIT_LOCK = b"index.lock"
_OF_ENTRIES = inotify.CREATE | inotify.DELETE | inotify.MOVED_FROM | inotify.MOVED_TO
_OF_ROOT = inotify.DELETE_SELF | inotify.MOVE_SELF


class CannotWatch(Exception):  # noqa: N818 (a state that the caller handles, not an error)
    """An exception: the system cannot report all changes of a tree; the message says why."""


@dataclass(slots=True)
class Changes:
    """Changes of a tree: paths of files, and of folders that stand for everything below them.

    Paths are relative to the root. The path of a folder ends with a slash; the path of the root is
    empty. `lost` says that there were changes whose paths are unknown.
    """

    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    lost: bool = False

    def __bool__(self) -> bool:
        return bool(self.files or self.folders or self.lost)

    def add(self, other: Changes) -> None:
        """Add other changes."""
        self.files |= other.files
        self.folders |= other.folders
        self.lost |= other.lost

    def paths(self) -> set[str] | None:
        """Return the paths to look at; None for the whole tree."""
        if self.lost or "" in self.folders:
            return None
        return self.files | {path.rstrip("/") for path in self.folders}


class TreeWatch:
    """Watches of the folders that a walk enters, and of the git folders that affect the walk.

    Any thread may `drain`. Raises `CannotWatch` where a folder cannot be watched.
    """

    def __init__(self, root: Path, options: WalkOptions, limit: int | None = None) -> None:
        """Prepare to watch at most `limit` folders; None leaves the limit to the system."""
        self._root = root
        self._options = options
        self._limit = limit
        self._lock = threading.Lock()
        self._folders: dict[int, str] = {}  # paths by the number of the watch
        self._numbers: dict[str, int] = {}
        self._git: dict[int, set[str]] = {}  # by the watch of a git folder: the folders it affects
        self._above: set[int] = set()  # watches of folders above the root
        self._is_closed = False
        self._locked: set[int] = set()  # git folders with a lock: git is at work there
        self._identity: tuple[int, int] | None = None  # device and inode of the root
        self.gone = False
        """Whether the root was deleted or moved."""
        self.changes = Changes()
        """All changes since this was last replaced."""
        try:
            self._inotify = Inotify()
        except OSError as error:
            raise CannotWatch(_reason(error)) from None

    @property
    def descriptor(self) -> int:
        """The descriptor that becomes readable when something changes."""
        return self._inotify.descriptor

    @property
    def count(self) -> int:
        """The number of watched folders."""
        return len(self._folders) + len(self._git) + len(self._above)

    @property
    def git_at_work(self) -> bool:
        """Whether git holds the lock of a worktree, as it does during a checkout."""
        return bool(self._locked)

    def close(self) -> None:
        """End all watches."""
        with self._lock:
            self._inotify.close()
            self._is_closed = True
            self.changes.lost = True

    def drain(self) -> Changes:
        """Collect the changes up to now; return all since `changes` was last replaced."""
        with self._lock:
            if not self._is_closed:
                for event in self._inotify.read():
                    self._note(event)
            return self.changes

    def is_current(self) -> bool:
        """Return whether the root is still the watched folder: a parent may have been moved."""
        return not self.gone and self._identity == _identity(self._root)

    def renew(self, folders: Iterable[str]) -> None:
        """Watch exactly the folders that a walk now enters at and below `folders`.

        A look at these folders after this call misses no change. Raises `UsageError` if the root is
        gone.
        """
        tops = set(folders)
        if "" in tops or len(tops) > MANY_FOLDERS:
            tops = {""}
        scope = None
        if "" not in tops:
            paths = [self._root / top for top in tops]
            scope = Scope.of(self._root, paths, no_ignore=self._options.no_ignore)
        entered: list[str] = []
        with self._lock:
            if scope is None:
                self._identity = _identity(self._root)
            self._forget(tops)
        deque(walk(self._root, self._options, scope, entered.append), maxlen=0)
        if scope is None:
            with self._lock:
                self._watch_above()
        for folder in entered:
            # Locked for one folder at a time, so that `drain` does not wait for all of them.
            with self._lock:
                if folder not in self._numbers:
                    self._watch_folder(folder)

    def _forget(self, tops: set[str]) -> None:
        """End the watches of the folders at and below `tops`."""
        everything = "" in tops
        for path in [path for path in self._numbers if everything or _is_within(path, tops)]:
            number = self._numbers.pop(path)
            self._folders.pop(number, None)
            self._inotify.remove(number)
        if everything:
            for number in [*self._git, *self._above]:
                self._inotify.remove(number)
            self._git.clear()
            self._above.clear()
            self._locked.clear()
            self.gone = False

    def _watch_folder(self, folder: str) -> None:
        number = self._added(os.fsencode(self._root / folder))
        if number is None:
            return
        self._check_moved(number, folder)
        self._folders[number] = folder
        self._numbers[folder] = number
        if folder and os.path.lexists(self._root / folder / ".git"):
            self._watch_git(Worktree(self._root / folder), folder)

    def _check_moved(self, number: int, folder: str) -> None:
        """Forget the old path of a moved folder. Raises `CannotWatch` if it is mounted twice."""
        other = self._folders.get(number)
        if other is None or other == folder:
            return
        if _identity(self._root / other) == _identity(self._root / folder):
            raise CannotWatch(f"{other} and {folder} are the same folder, mounted twice")
        self._numbers.pop(other, None)

    def _watch_above(self) -> None:
        """Watch the folders that affect the walk although it does not enter them.

        These are git's folders, and, for their rule files, the worktree's folders above the root.
        """
        top = worktree_above(self._root)
        if top is None or self._options.no_ignore:
            return
        self._watch_git(Worktree(top), "")
        for place in self._root.parents:
            if top not in (place, *place.parents):
                break
            if (number := self._added(os.fsencode(place))) is not None:
                self._above.add(number)

    def _watch_git(self, worktree: Worktree, folder: str) -> None:
        for place in worktree.folders():
            if (number := self._added(os.fsencode(place))) is not None:
                self._git.setdefault(number, set()).add(folder)

    def _added(self, path: bytes) -> int | None:
        """Watch a folder; return the number of the watch, or None if the folder does not exist."""
        if self._limit is not None and self.count >= self._limit:
            raise CannotWatch(f"more than {self._limit:,} folders, the limit that is set")
        try:
            return self._inotify.add(path)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                return None  # the watch of its parent reports such changes
            raise CannotWatch(_reason(error)) from None

    def _note(self, event: Event) -> None:
        """Add the changes that an event reports."""
        number, mask, name = event
        if mask & (inotify.OVERFLOW | inotify.UNMOUNT):
            self.changes.lost = True
        elif number in self._git:
            self._note_git(number, mask, name)
        elif number in self._above and name in _RULES:
            self.changes.folders.add("")
        if (folder := self._folders.get(number)) is None:
            return
        if mask & inotify.IGNORED:
            del self._folders[number]
            if self._numbers.get(folder) == number:
                del self._numbers[folder]
        elif not name:
            self.gone |= bool(mask & _OF_ROOT) and not folder
        elif name in _RULES or name == b".git" or marks_among((name,)):
            self.changes.folders.add(folder)
        elif mask & inotify.IS_FOLDER:
            self.changes.folders.add(f"{folder}{os.fsdecode(name)}/")
        else:
            self.changes.files.add(folder + os.fsdecode(name))

    def _note_git(self, number: int, mask: int, name: bytes) -> None:
        if name == _GIT_LOCK:
            if mask & inotify.CREATE:
                self._locked.add(number)
            elif mask & (inotify.DELETE | inotify.MOVED_FROM):
                self._locked.discard(number)
        elif name in _GIT_FILES and mask & (_OF_ENTRIES | inotify.CLOSE_WRITE):
            self.changes.folders |= self._git[number]


def _identity(path: Path) -> tuple[int, int] | None:
    """Return the device and the inode of a folder; None if it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_within(path: str, tops: set[str]) -> bool:
    """Return whether a folder is one of `tops` or below one; all end with a slash."""
    end = path.find("/")
    while end >= 0:
        if path[: end + 1] in tops:
            return True
        end = path.find("/", end + 1)
    return False


def _reason(error: OSError) -> str:
    """Return why the system refuses a watch."""
    if error.errno == errno.ENOSPC:
        return "the system's limit of watched folders is reached (fs.inotify.max_user_watches)"
    if error.errno == errno.EMFILE:
        return "the system's limit of watchers is reached (fs.inotify.max_user_instances)"
    return f"the system does not watch this tree: {error.strerror}"
