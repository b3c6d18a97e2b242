"""The indexes in a folder: their roots, sizes and ages, and how to remove one.

An index counts as used when a search opens it: see `LocalStorage.note_use`.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.errors import FormatError, NoIndexError, StoreError
from codelode.store.locate import is_index
from codelode.store.lock import write_lock
from codelode.store.manifest import read_manifest
from codelode.store.storage import (
    LOCK,
    MANIFEST,
    SEGMENT_SUFFIX,
    STAGING,
    STATS_SUFFIX,
    TEMPORARY_SUFFIX,
    LocalStorage,
)
from codelode.system.locks import is_held

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = re.compile(r".+-[0-9a-f]{16}\Z")
WATCHER_FILES = ("watch.lock", "watch.json", "watch.socket", "fresh.socket")
"""The files that a watcher leaves behind; a running watcher holds a lock on the first."""
_SUFFIXES = (SEGMENT_SUFFIX, STATS_SUFFIX, TEMPORARY_SUFFIX)


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """An index in the catalog. `size` is in bytes, times are in seconds since the epoch.

    If the manifest is unreadable, `root` is None, the counts are 0, and `problem` gives the reason.
    """

    directory: Path
    root: str | None
    files: int
    chunks: int
    size: int
    last_commit: float
    last_used: float
    problem: str = ""

    @property
    def orphan(self) -> bool:
        """Whether the root no longer exists."""
        return self.root is not None and not Path(self.root).is_dir()


def entries(folder: Path) -> list[IndexEntry]:
    """Return the indexes in a folder, the most recently used first.

    `folder` holds folders of indexes, or is the folder of one index. Raises `StoreError` if it
    cannot be read.
    """
    if LocalStorage(folder).has_manifest():
        return [entry(folder)]
    found = [entry(directory) for directory in _directories(folder)]
    return sorted(found, key=lambda each: (-each.last_used, each.directory))


def _directories(folder: Path) -> Iterator[Path]:
    try:
        directories = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise StoreError(f"{folder}: cannot be read: {error.strerror or error}") from None
    for directory in directories:
        if _FOLDER.match(directory.name) and is_index(directory):
            yield directory


def entry(directory: Path) -> IndexEntry:
    """Describe the index in a folder, even if it is damaged."""
    storage = LocalStorage(directory)
    root: str | None = None
    files = chunks = 0
    problem = ""
    try:
        manifest = read_manifest(storage)
        root, files, chunks = manifest.root, manifest.files, manifest.chunks
    except NoIndexError:
        problem = "not built yet"
    except FormatError:
        problem = "made by another version"
        root = _recorded_root(storage)
    except StoreError:
        problem = "damaged"
    committed, used = _times(storage)
    size = sum(_size(path) for path in _files(directory))
    return IndexEntry(directory, root, files, chunks, size, committed, used, problem)


def remove(directory: Path) -> int:
    """Remove the index in a folder, and the folder if it is empty then; return the bytes freed.

    Removes only the files of an index, the manifest first: a search then finds no index rather than
    a damaged one. Searches that have it open continue. Raises `LockedError` if a process is writing
    to it, and `IndexingError`.
    """
    import shutil  # no search needs it

    with write_lock(directory):
        paths = sorted(_files(directory), key=lambda path: (path.name != MANIFEST, path.name))
        size = sum(map(_size, paths))
        for path in paths:
            path.unlink(missing_ok=True)
        (directory / LOCK).unlink(missing_ok=True)
        if not is_held(directory / WATCHER_FILES[0]):
            for name in WATCHER_FILES:
                (directory / name).unlink(missing_ok=True)
    shutil.rmtree(directory / STAGING, ignore_errors=True)
    with suppress(OSError):  # the folder has other files
        directory.rmdir()
    return size


def _files(directory: Path) -> Iterator[Path]:
    for name in LocalStorage(directory).list():
        if name == MANIFEST or name.endswith(_SUFFIXES):
            yield directory / name


def _times(storage: LocalStorage) -> tuple[float, float]:
    """Return the times of the last commit and the last use.

    Without a commit, both are the time of the folder's last change, or 0 if that is unknown.
    """
    try:
        return storage.published_at(), storage.used_at()
    except OSError:
        with suppress(OSError):
            changed = storage.directory.stat().st_mtime
            return changed, changed
    return 0.0, 0.0


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _recorded_root(storage: LocalStorage) -> str | None:
    """Return the root of an index of another format; None if it cannot be read.

    Every format so far has a field `root`.
    """
    try:
        root = json.loads(storage.read_manifest().partition(b"\n")[2])["root"]
    except (StoreError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return root if isinstance(root, str) else None
