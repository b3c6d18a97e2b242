"""Copies of objects in a local folder, by digest; the least recently used make room for new ones.

Processes share the folder without locks. A file gets its name only once it is whole and checked.
Afterwards it can only be removed, which does not disturb processes that have it mapped.
"""

from __future__ import annotations

import errno
import os
import time
import uuid
from contextlib import suppress
from functools import partial
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from codelode.errors import DamagedError, NoObjectError, ObjectStoreError, UsageError
from codelode.objects.transfer import download, move
from codelode.system.files import MappedFile, read_file, removed_on_failure, sync_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from io import BufferedRandom, BufferedReader

    from codelode.objects.pace import Pace
    from codelode.objects.store import ObjectStore
    from codelode.objects.transfer import Meter
    from codelode.segment.buffer import Buffer

DEFAULT_LIMIT = 20 << 30
"""The size of a cache in bytes, unless told otherwise."""

_AT_ONCE = 8
_USE_SECONDS = 3600
"""A use is noted if the last noted one is longer ago."""
_ABANDONED_SECONDS = 24 * 3600
_TEMPORARY = ".new-"


class Wanted(NamedTuple):
    """A wanted object: its key in the store, its digest, and its size (None if not known)."""

    key: str
    digest: str
    size: int | None = None


class ObjectCache:
    """A folder of at most `limit` bytes.

    `meter` shows what is fetched: it is called with the number of objects and their bytes.
    """

    def __init__(
        self, directory: Path, limit: int = DEFAULT_LIMIT, meter: Meter | None = None
    ) -> None:
        self.directory = directory
        self.limit = limit
        self._meter = meter

    def fetch(self, store: ObjectStore, wanted: Collection[Wanted]) -> None:
        """Fetch objects into the folder, several at a time; note the use of those already there.

        Raises `UsageError` if the folder cannot hold them, `DamagedError` if one is missing or does
        not match its digest, `ObjectStoreError`.
        """
        distinct = dict.fromkeys(wanted)
        total = sum(each.size or 0 for each in distinct)
        if total > self.limit:
            raise UsageError(
                f"the segments to search have {total:,} bytes, and the cache {self.limit:,}: select"
                " fewer repositories (-r), or raise --cache-size"
            )
        missing = [each for each in distinct if not self._has(each)]
        if not missing:
            return
        needed = {each.digest for each in wanted}
        try:
            self._fetch_all(store, missing)
        except OSError:  # the disk is full
            self._make_room(needed, sum(each.size or 0 for each in missing))
            try:
                self._fetch_all(store, [each for each in missing if not self._has(each)])
            except OSError as error:
                raise self._unwritable(error) from None
        self._make_room(needed)

    def _fetch_all(self, store: ObjectStore, missing: list[Wanted]) -> None:
        size = sum(each.size or 0 for each in missing)
        move(missing, size, partial(self._fetch, store), None, self._meter, _AT_ONCE)

    def open(self, digest: str) -> Buffer | None:
        """Map an object; None if it is not there (another process may have made room).

        Raises `OSError` if it cannot be opened.
        """
        try:
            return MappedFile(self._path(digest))
        except (FileNotFoundError, ValueError):  # the file is missing or empty
            return None

    def read(self, digest: str) -> bytes | None:
        """Return an object; None if it is not there, or cannot be read."""
        try:
            return read_file(self._path(digest))
        except OSError:
            return None

    def discard_damaged(self, digest: str) -> None:
        """Remove an object if it no longer matches its digest; it will be fetched again."""
        path = self._path(digest)
        with suppress(OSError):
            with open(path, "rb") as file:
                found = _digest_of(file)
            if found != digest:
                path.unlink()

    def size(self) -> int:
        """Return the number of bytes that `clear` would free."""
        return sum(status.st_size for _, status in self._removable())

    def clear(self) -> int:
        """Remove all objects; return the bytes freed. Searches that have them mapped go on.

        Files that a process may be fetching now are not removed.
        """
        freed = 0
        for path, status in self._removable():
            with suppress(OSError):
                path.unlink()
                freed += status.st_size
        for folder in self.directory.glob("??"):
            with suppress(OSError):  # the folder is not empty
                folder.rmdir()
        return freed

    def _path(self, digest: str) -> Path:
        return self.directory / digest[:2] / digest

    def _has(self, wanted: Wanted) -> bool:
        """Return whether an object is there with the wanted size, and note its use."""
        path = self._path(wanted.digest)
        try:
            status = path.stat()
        except OSError:  # missing; a fetch will report any other error
            return False
        if wanted.size is not None and status.st_size != wanted.size:
            return False
        if time.time() - status.st_mtime > _USE_SECONDS:
            with suppress(OSError):
                os.utime(path)
        return True

    def _fetch(self, store: ObjectStore, wanted: Wanted, pace: Pace) -> None:
        path = self._path(wanted.digest)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = path.parent / f"{_TEMPORARY}{uuid.uuid4().hex}"
            with removed_on_failure(temporary):
                with open(temporary, "x+b") as file:
                    download(store, wanted.key, file, wanted.size, pace=pace)
                    sync_file(file)
                    file.seek(0)
                    found = _digest_of(file)
                if found != wanted.digest:
                    raise DamagedError(
                        f"{store.place}: {wanted.key} is damaged: wrong checksum",
                        "add its repository to the roster again",
                    )
                temporary.rename(path)
        except NoObjectError:
            raise DamagedError(
                f"{store.place}: {wanted.key} is missing", "add its repository to the roster again"
            ) from None
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> ObjectStoreError:
        problem = f"cannot be written: {error.strerror or error}"
        return ObjectStoreError(os.fsdecode(self.directory), "", problem)

    def _make_room(self, needed: Collection[str], more: int = 0) -> None:
        """Remove the least recently used files, except `needed`, until the folder is small enough.

        With `more`, frees at least this number of bytes, if the other files have as much. Also
        removes what abandoned fetches left.
        """
        files = sorted(self._files(), key=lambda each: each[1].st_mtime)
        total = sum(status.st_size for _, status in files)
        limit = min(self.limit, total - more) if more else self.limit
        now = time.time()
        for path, status in files:
            if path.name.startswith(_TEMPORARY):
                unwanted = now - status.st_mtime > _ABANDONED_SECONDS
            else:
                unwanted = total > limit and path.name not in needed
            if unwanted:
                with suppress(OSError):
                    path.unlink()
                total -= status.st_size

    def _removable(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Yield all files but those that a process may be fetching now."""
        for path, status in self._files():
            age = time.time() - status.st_mtime
            if not path.name.startswith(_TEMPORARY) or age > _ABANDONED_SECONDS:
                yield path, status

    def _files(self) -> Iterable[tuple[Path, os.stat_result]]:
        for path in self.directory.glob("??/*"):
            with suppress(OSError):  # removed meanwhile
                yield path, path.stat()


def _digest_of(file: BufferedReader | BufferedRandom) -> str:
    return file_digest(file, lambda: blake2b(digest_size=32)).hexdigest()
