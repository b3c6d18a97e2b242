"""The staging folder of a pull, which keeps the fetched segments if the pull is interrupted.

It is `pull/` in the folder of the index. A file has the name of its digest while it is incomplete,
and the name of its segment once its bytes match the digest. Segments that the index has already are
linked into this folder, so that no update can remove them meanwhile.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from codelode.errors import DamagedError, FormatError, LockedError, ObjectStoreError
from codelode.objects.generations import digest_of
from codelode.objects.transfer import download
from codelode.segment.container import SegmentFile
from codelode.sharing.layout import segment_key
from codelode.store.storage import STAGING, LocalStorage
from codelode.system.files import MappedFile, sync_file, writing
from codelode.system.locks import release, try_lock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from codelode.objects.pace import Pace
    from codelode.objects.store import ObjectStore
    from codelode.store.manifest import SegmentEntry


class Staging:
    """The staging folder of the index in `directory`; use it within `held`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.folder = directory / STAGING
        self.storage = LocalStorage(self.folder)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Create the folder and keep other pulls out.

        Raises `LockedError` if another process is pulling, `IndexingError` if nothing can be
        written.
        """
        with writing(self.directory):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, holder = try_lock(self.folder / "lock")
        if descriptor is None:
            raise LockedError(f"another process (pid {holder}) is pulling into {self.directory}")
        try:
            yield
        finally:
            release(descriptor)

    def take_known(self, entry: SegmentEntry, digest: str) -> bool:
        """Take a segment from the index if it has this digest; return whether it was taken."""
        source = self.directory / entry.name
        if not _matches(source, entry.bytes, digest):
            return False
        with writing(self.directory):
            _link(source, self.folder / entry.name)
        return True

    def holds(self, entry: SegmentEntry, digest: str) -> bool:
        """Return whether the staging folder has the whole of a segment, with this digest."""
        return _matches(self.folder / entry.name, entry.bytes, digest)

    def missing_bytes(self, entry: SegmentEntry, digest: str) -> int:
        """Return how many bytes of a segment are still to be fetched."""
        with suppress(OSError):
            return max(entry.bytes - self._partial(digest).stat().st_size, 0)
        return entry.bytes

    def fetch(self, store: ObjectStore, entry: SegmentEntry, digest: str, pace: Pace) -> None:
        """Fetch the rest of a segment. Raises `ObjectStoreError`, also for wrong content."""
        partial, key = self._partial(digest), segment_key(digest)
        with writing(self.directory):
            with open(partial, "ab") as sink:
                start = sink.tell()
                if start > entry.bytes:
                    sink.truncate(start := 0)
                download(store, key, sink, entry.bytes, start, pace)
                sync_file(sink)
            if not _matches(partial, entry.bytes, digest):
                partial.unlink()
                raise ObjectStoreError(store.place, key, "its content does not match its name")
            partial.replace(self.folder / entry.name)

    def install(self, entry: SegmentEntry, digest: str) -> None:
        """Link a fetched segment into the folder of the index, in place of a damaged one if any.

        Raises `DamagedError` if the folder has another sound segment of that name: then somebody
        has forged the name, which is a checksum.
        """
        target = self.directory / entry.name
        if _matches(target, entry.bytes, digest):
            return
        if _is_sound(target):
            raise DamagedError(
                f"{entry.name}: there is another segment of this name", "pull from another place"
            )
        _link(self.folder / entry.name, target)

    def clear(self, names: Collection[str] = ()) -> None:
        """Remove all files except the lock and the files in `names`."""
        for path in self.folder.iterdir():
            if path.name not in names and path.name != "lock":
                path.unlink(missing_ok=True)

    def _partial(self, digest: str) -> Path:
        return self.folder / partial_name(digest)


def partial_name(digest: str) -> str:
    """Return the file name of a segment that is still incomplete."""
    return f"{digest}.part"


def _matches(path: Path, size: int, digest: str) -> bool:
    """Return whether a file exists and has this content."""
    try:
        file = MappedFile(path)
    except (OSError, ValueError):
        return False
    return len(file.view) == size and digest_of(file.view) == digest


def _is_sound(path: Path) -> bool:
    """Return whether a file is a segment without damage."""
    try:
        return not any(SegmentFile(MappedFile(path)).damaged_pages())
    except (OSError, ValueError, DamagedError, FormatError):
        return False


def _link(source: Path, target: Path) -> None:
    """Give a file a second name; copy it where the file system has no links."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        with open(target, "rb+") as copied:
            sync_file(copied)
