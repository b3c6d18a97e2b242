"""The segment files of pieces, wherever they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from codelode.errors import CodelodeError, DamagedError
from codelode.objects.urls import open_object_store
from codelode.roster.cache import ObjectCache, Wanted
from codelode.roster.manifest import segment_key
from codelode.roster.opened import DESCRIPTORS, local_folder, mapped
from codelode.store.snapshot import LiveSegment, live_segment, open_segment
from codelode.store.storage import LocalStorage
from codelode.system.descriptors import allow_open_files

if TYPE_CHECKING:
    from codelode.cluster.pieces import Piece
    from codelode.objects.folder import FolderStore
    from codelode.objects.store import ObjectStore


class PieceFiles(Protocol):
    """Opens pieces."""

    def fetch(self, pieces: Sequence[Piece]) -> None:
        """Bring the files of all pieces to this machine, as far as that is possible."""

    def open(self, piece: Piece) -> LiveSegment:
        """Open a piece. Raises `CodelodeError`, `OSError`."""

    def discard_damaged(self, piece: Piece) -> None:
        """Forget a copy of a piece if it is damaged, so that it is fetched again."""


@dataclass(frozen=True, slots=True)
class FileOptions:
    """The folder for copies of objects, and the number of bytes that it may hold."""

    folder: str
    most_bytes: int


class CachedFiles:
    """Pieces whose files are opened in place in local folders, or else fetched to a folder here."""

    def __init__(self, options: FileOptions) -> None:
        self._cache = ObjectCache(Path(options.folder), options.most_bytes)
        self._stores: dict[str, tuple[ObjectStore, FolderStore | None]] = {}

    def fetch(self, pieces: Sequence[Piece]) -> None:
        """Fetch the missing files, several at a time. A failure is not raised until `open`."""
        allow_open_files(DESCRIPTORS * len(pieces))
        for place in {piece.place for piece in pieces if piece.digest}:
            store, local = self._store(place)
            if local is None:
                with suppress(CodelodeError):
                    self._cache.fetch(store, [_wanted(each) for each in pieces if each.digest])

    def open(self, piece: Piece) -> LiveSegment:
        """Map the file of a piece; fetch it first, if it is not here."""
        if not piece.digest:
            return open_segment(LocalStorage(Path(piece.place)), piece.entry, piece.dimensions)
        store, local = self._store(piece.place)
        if local is not None:
            return live_segment(mapped(local, piece.digest), piece.entry, piece.dimensions)
        self._cache.fetch(store, [_wanted(piece)])
        buffer = self._cache.open(piece.digest)
        if buffer is None:
            raise DamagedError(f"{piece.entry.name}: there is no room for it", "raise --cache-size")
        return live_segment(buffer, piece.entry, piece.dimensions)

    def discard_damaged(self, piece: Piece) -> None:
        """Remove a damaged copy of a piece. A file that is opened in place stays as it is."""
        if piece.digest:
            self._cache.discard_damaged(piece.digest)

    def _store(self, place: str) -> tuple[ObjectStore, FolderStore | None]:
        if place not in self._stores:
            store = open_object_store(place)
            self._stores[place] = store, local_folder(store)
        return self._stores[place]


def _wanted(piece: Piece) -> Wanted:
    return Wanted(segment_key(piece.digest), piece.digest, piece.entry.bytes)
