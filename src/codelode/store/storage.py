"""Where the files of an index are kept: a protocol, and the local folder that implements it.

manifest.json   the manifest, replaced by every commit
lock            held by the writer (`lock`)
*.seg, *.stat   immutable files, named by their checksums; those the manifest does not name are dead
*.tmp           being written; removed by the next writer
pull/           segments that `lode pull` is fetching
"""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from codelode.errors import DamagedError, NoIndexError, StoreError
from codelode.system.files import (
    MappedFile,
    read_file,
    removed_on_failure,
    sync_ancestors,
    sync_file,
    sync_folder,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from codelode.segment.buffer import Buffer

MANIFEST = "manifest.json"
LOCK = "lock"
SEGMENT_SUFFIX = ".seg"
STATS_SUFFIX = ".stat"
TEMPORARY_SUFFIX = ".tmp"
STAGING = "pull"
"""A folder with what a pull is fetching."""

_STAMP_BYTES = 200
_USE_SECONDS = 3600
"""A use is noted if the last noted one is longer ago."""
_TRANSIENT = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES, errno.EPERM, errno.EINTR}


class Storage(Protocol):
    """The files of one index: immutable ones by name, and one manifest that is replaced.

    Readers may call any method at any time. Writers are kept apart by `lock`. Methods that write
    raise `IndexingError` if they fail; files written before are then intact.
    """

    @property
    def place(self) -> str:
        """Where the index is, for messages."""

    def has_manifest(self) -> bool:
        """Return whether anything was published."""

    def read_manifest(self) -> bytes:
        """Return the current manifest. Raises `NoIndexError`, `StoreError`."""

    def read_stamp(self) -> bytes:
        """Return bytes that change with the manifest; fast. Raises what `read_manifest` raises."""

    def published_at(self) -> float:
        """Return when the manifest was published, in seconds since the epoch."""

    def publish(self, manifest: bytes) -> None:
        """Make the files put so far durable, then replace the manifest atomically and durably."""

    def open(self, name: str) -> Buffer:
        """Open an immutable file. Raises `StoreError`; `DamagedError` if the file is missing."""

    def read(self, name: str) -> bytes | None:
        """Return all bytes of a file; None if it is missing. Raises `StoreError`."""

    def put(self, suffix: str, write: Callable[[BinaryIO], tuple[int, int]]) -> tuple[str, int]:
        """Keep a new file, which `publish` makes durable; return its name and size in bytes.

        `write` returns size and checksum; the name is made of the checksum and the suffix.
        """

    def list(self) -> Iterable[str]:
        """Yield the names of all files, including those that no manifest names."""

    def remove(self, name: str) -> None:
        """Remove a file if possible. Readers that have it open keep it."""

    def settle(self) -> None:
        """Make durable the changes that an earlier writer may not have synced."""


@dataclass(frozen=True, slots=True)
class LocalStorage:
    """The files of an index in a local folder."""

    directory: Path

    @property
    def place(self) -> str:
        """The path of the folder."""
        return os.fsdecode(self.directory)

    def has_manifest(self) -> bool:
        """Return whether there is a manifest file."""
        return (self.directory / MANIFEST).exists()

    def read_manifest(self) -> bytes:
        """Return the bytes of the manifest file."""
        path = self.directory / MANIFEST
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise NoIndexError(f"no index in {self.directory}") from None
        except OSError as error:
            raise _unreadable(str(path), error) from None

    def read_stamp(self) -> bytes:
        """Return the first line of the manifest file, which has its checksum."""
        try:  # runs in every search; pathlib's `/` and a buffer would double the time
            with open(f"{self.directory}/{MANIFEST}", "rb", buffering=0) as file:
                line, end, _ = file.read(_STAMP_BYTES).partition(b"\n")
                return line + end
        except OSError:
            return self.read_manifest()[:_STAMP_BYTES]  # raises the right `StoreError`

    def published_at(self) -> float:
        """Return the modification time of the manifest file."""
        return os.stat(f"{self.directory}/{MANIFEST}").st_mtime  # noqa: PTH116 (as above)

    def used_at(self) -> float:
        """Return when the index was last used, to the hour, in seconds since the epoch."""
        used = self.published_at()
        with suppress(OSError):
            used = max(used, (self.directory / LOCK).stat().st_mtime)
        return used

    def note_use(self) -> None:
        """Record the current time as the last use, at most once an hour, if possible.

        Sets the time of the lock file, without taking the lock. The access time of the manifest is
        unsuitable, because listing indexes changes it.
        """
        path = f"{self.directory}/{LOCK}"
        with suppress(OSError):
            if time.time() - os.stat(path).st_mtime > _USE_SECONDS:  # noqa: PTH116 (as above)
                os.utime(path)

    def publish(self, manifest: bytes) -> None:
        """Replace the manifest file by an atomic rename, between two syncs of the folder."""
        temporary = self.directory / f"{MANIFEST}{TEMPORARY_SUFFIX}"
        with writing(self.directory):
            with removed_on_failure(temporary):
                with open(temporary, "wb") as sink:
                    sink.write(manifest)
                    sync_file(sink)
                sync_folder(self.directory)  # makes names durable before anything refers to them
                temporary.rename(self.directory / MANIFEST)
            sync_folder(self.directory)

    def open(self, name: str) -> Buffer:
        """Map a file without reading it."""
        try:
            return MappedFile(self.directory / name)
        except FileNotFoundError:
            raise DamagedError(f"{name}: segment file is missing") from None
        except OSError as error:
            raise _unreadable(name, error) from None
        except ValueError:  # empty, or truncated just now
            raise DamagedError(f"{name}: cut short") from None

    def read(self, name: str) -> bytes | None:
        """Return all bytes of a file; None if it is missing. Raises `StoreError`."""
        try:
            return read_file(self.directory / name)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(name, error) from None

    def put(self, suffix: str, write: Callable[[BinaryIO], tuple[int, int]]) -> tuple[str, int]:
        """Write and sync a temporary file, then rename it."""
        temporary = self.directory / f"new{suffix}{TEMPORARY_SUFFIX}"
        with writing(self.directory), removed_on_failure(temporary):
            with open(temporary, "wb") as sink:
                size, checksum = write(sink)
                sync_file(sink)
            name = f"{checksum:016x}{suffix}"
            temporary.rename(self.directory / name)
        return name, size

    def list(self) -> Iterable[str]:
        """Yield the names of the folder's entries; none if it cannot be read."""
        with suppress(OSError):
            for path in self.directory.iterdir():
                yield path.name

    def remove(self, name: str) -> None:
        """Unlink a file; leave a file that cannot be removed now to the next writer."""
        with suppress(OSError):
            (self.directory / name).unlink()

    def settle(self) -> None:
        """Sync the folder: an earlier writer may have died between a rename and its sync.

        Without a manifest the folder itself may be new: sync its name too.
        """
        with writing(self.directory):
            sync_folder(self.directory)
            if not self.has_manifest():
                sync_ancestors(self.directory)


def _unreadable(name: str, error: OSError) -> StoreError:
    """Return a `StoreError` if reading may succeed later, else a `DamagedError`."""
    kind = StoreError if error.errno in _TRANSIENT else DamagedError
    return kind(f"{name}: cannot be read: {error.strerror or error}")
