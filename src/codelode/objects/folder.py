"""An object store in a folder, which several machines may share.

An object is written under a temporary name, synced, and then renamed (`put`) or linked (`create`):
a link to a name that exists fails, on NFS and SMB too. A dead writer leaves a file whose name
begins with a dot; no key begins like that.
"""

from __future__ import annotations

import errno
import os
import stat
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from codelode.errors import NoObjectError, ObjectStoreError, UnfitStoreError
from codelode.objects.pace import Pace
from codelode.objects.store import MAX_OBJECT, Content, ObjectInfo, check_key
from codelode.system.files import removed_on_failure, sync_ancestors, sync_file, sync_folder
from codelode.system.open_flags import FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TEMPORARY = ".new-"
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


@dataclass(frozen=True, slots=True)
class FolderStore:
    """An object store in a folder; the first write creates the folder."""

    directory: Path

    @property
    def place(self) -> str:
        """The path of the folder."""
        return os.fsdecode(self.directory)

    def get(self, key: str, most: int = MAX_OBJECT) -> bytes:
        """Read a file."""
        with self._open(key) as file:
            data = self._read(key, file, most + 1)
        if len(data) > most:
            raise ObjectStoreError(self.place, key, f"it has more than {most:,} bytes")
        return data

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read a part of a file."""
        with self._open(key) as file:
            file.seek(start)
            return self._read(key, file, length)

    def put(self, key: str, content: Content, pace: Pace | None = None) -> None:
        """Write a temporary file and rename it."""
        path = self._path(key)
        try:
            temporary = _write(path.parent, content, pace or Pace())
            with removed_on_failure(temporary):
                temporary.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            raise self._failed(key, error) from None

    def create(self, key: str, data: bytes) -> bool:
        """Write a temporary file and link it; return False if the name exists already.

        Over a network, the reply to a link may be lost; the retry then finds the name taken. So if
        the name exists, the link count of the temporary file decides: 2 if the link was made.
        """
        path = self._path(key)
        try:
            temporary = _write(path.parent, data, Pace())
            try:
                created = self._link(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
            sync_folder(path.parent)
        except OSError as error:
            raise self._failed(key, error) from None
        return created

    def _link(self, temporary: Path, path: Path) -> bool:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return temporary.stat().st_nlink == 2
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            raise UnfitStoreError(
                self.place, path.name, "this file system has no hard links, which commits need"
            ) from None
        return True

    def list(self, prefix: str = "", after: str = "") -> Iterator[ObjectInfo]:
        """Yield the files below a folder, in the order of their keys."""
        start = self._path(prefix) if prefix else self.directory
        yield from self._below(start, f"{prefix}/" if prefix else "", after)

    def _below(self, folder: Path, prefix: str, after: str) -> Iterator[ObjectInfo]:
        try:
            with os.scandir(folder) as listing:
                entries = [(entry, entry.is_dir(follow_symlinks=False)) for entry in listing]
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise self._failed(prefix, error) from None
        for entry, is_folder in sorted(entries, key=lambda each: each[0].name + "/" * each[1]):
            key = prefix + entry.name
            if entry.name.startswith("."):
                continue
            if is_folder:
                yield from self._below(folder / entry.name, f"{key}/", after)
            elif key > after:
                with suppress(OSError):  # deleted meanwhile
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        yield ObjectInfo(key, status.st_size, status.st_mtime)

    def delete(self, keys: Iterable[str]) -> None:
        """Unlink files."""
        for key in keys:
            try:
                self._path(key).unlink(missing_ok=True)
            except OSError as error:
                raise self._failed(key, error) from None

    def size(self, key: str) -> int:
        """Return the size of a file."""
        with self._open(key) as file:
            return os.fstat(file.fileno()).st_size

    def _path(self, key: str) -> Path:
        return self.directory / check_key(key)

    def _open(self, key: str) -> BinaryIO:
        """Open a regular file. A shared folder may hold links and FIFOs, which are refused."""
        try:
            descriptor = os.open(self._path(key), FILE)
        except (FileNotFoundError, NotADirectoryError):
            raise NoObjectError(self.place, key, "there is no such object") from None
        except OSError as error:
            raise self._failed(key, error) from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise ObjectStoreError(self.place, key, "it is not a regular file")
        return os.fdopen(descriptor, "rb")

    def _read(self, key: str, file: BinaryIO, most: int) -> bytes:
        try:
            return file.read(most)
        except OSError as error:
            raise self._failed(key, error) from None

    def _failed(self, key: str, error: OSError) -> ObjectStoreError:
        return ObjectStoreError(self.place, key, error.strerror or str(error))


def _write(folder: Path, content: Content, pace: Pace) -> Path:
    """Write a temporary file durably, with the permissions that the user's umask gives."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_ancestors(folder)
    temporary = folder / f"{_TEMPORARY}{uuid.uuid4().hex}"
    with removed_on_failure(temporary), open(temporary, "xb") as sink:
        for piece in pieces(content, pace.piece):
            sink.write(piece)
            pace.add(len(piece))
        sync_file(sink)
    return temporary


def pieces(content: Content, size: int) -> Iterator[bytes]:
    """Yield the content, bytes or a file, in pieces of at most `size` bytes."""
    if not isinstance(content, Path):
        view = memoryview(content)
        yield from (bytes(view[at : at + size]) for at in range(0, len(view), size))
        return
    with open(content, "rb") as file:
        while piece := file.read(size):
            yield piece
