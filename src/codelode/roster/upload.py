"""Puts an index into the store of a roster; the roster names it only after a commit.

Objects that no generation of the roster names are removed when they are a day old, and a
generation is kept for a day after the next one replaces it. So objects that were uploaded in the
last twelve hours, or that the newest roster names, need not be uploaded again if the commit follows
within hours.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from codelode.errors import DamagedError, NoObjectError, StaleWriterError
from codelode.objects.generations import Generations, digest_of
from codelode.roster.manifest import (
    GENERATIONS,
    RepositoryManifest,
    decode_repository_manifest,
    repository_key,
    segment_key,
)
from codelode.roster.names import check_label, check_name
from codelode.roster.records import Identity, Repository
from codelode.search.filters import files_by_language
from codelode.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Collection

    from codelode.objects.pace import Pace
    from codelode.objects.store import ObjectStore
    from codelode.store.snapshot import LiveSegment
    from codelode.store.storage import Storage

_FRESH_SECONDS = 12 * 3600
_LONGEST_SECONDS = 10 * 3600


class Uploader:
    """Uploads indexes, from any number of threads and processes.

    `known` are the digests of segments that the newest roster names (see `digests_of`). `pace`
    limits the bandwidth and counts the bytes.
    """

    def __init__(
        self, store: ObjectStore, known: Collection[str] = (), pace: Pace | None = None
    ) -> None:
        self.store = store
        self._known = known
        self._pace = pace
        self._began = time.monotonic()
        self._store_time: float | None = None

    def upload(self, storage: Storage, name: str, label: str = "") -> Repository:
        """Upload the newest snapshot of an index; return the repository to add or to update.

        Raises `NoIndexError`, `DamagedError`, `UsageError`, `ObjectStoreError`.
        """
        return self.upload_snapshot(Snapshot.open(storage), name, label)

    def upload_snapshot(self, snapshot: Snapshot, name: str, label: str = "") -> Repository:
        """Upload a snapshot, which a newer commit to its index does not disturb."""
        check_name(name)
        check_label(label)
        with snapshot.held():
            return self._upload(snapshot, name, label)

    def _upload(self, snapshot: Snapshot, name: str, label: str) -> Repository:
        digests = []
        for live in snapshot.segments:
            digest = _digest(live)
            self._put_segment(live, digest)
            digests.append(digest)
        found = RepositoryManifest(snapshot.manifest, digests)
        repository = put_manifest(self.store, found, name, label, files_by_language(snapshot))
        if time.monotonic() - self._began > _LONGEST_SECONDS:
            raise StaleWriterError(
                self.store.place, "", "the upload took hours: run it again, little is left to do"
            )
        return repository

    def _put_segment(self, live: LiveSegment, digest: str) -> None:
        key = segment_key(digest)
        if digest not in self._known and not self._is_fresh(key, live.entry.bytes):
            self.store.put(key, live.segment.file.buffer.view, self._pace)

    def _is_fresh(self, key: str, size: int) -> bool:
        """Return whether an object was uploaded recently, for example by an interrupted upload."""
        folder = key.rpartition("/")[0]
        found = next((each for each in self.store.list(folder) if each.key == key), None)
        if found is None or found.size != size:
            return False
        if self._store_time is None:
            self._store_time = Generations(self.store, GENERATIONS).store_time()
        return self._store_time - found.modified < _FRESH_SECONDS


def put_manifest(
    store: ObjectStore, found: RepositoryManifest, name: str, label: str, languages: dict[str, int]
) -> Repository:
    """Upload the manifest of a repository whose segments are in the store; return the repository.

    `languages` counts its live files by language. Raises `ObjectStoreError`.
    """
    data, manifest = found.encode(), found.manifest
    digest = digest_of(data)
    store.put(repository_key(digest), data)
    return Repository(
        name=name,
        label=label,
        manifest=digest,
        generation=manifest.generation,
        complete=manifest.complete,
        updated=int(time.time()),
        segments=len(manifest.segments),
        files=manifest.files,
        chunks=manifest.chunks,
        tokens=manifest.tokens,
        text_bytes=sum(entry.text_bytes for entry in manifest.segments),
        index_bytes=manifest.index_bytes,
        identity=Identity.of(manifest),
        languages=languages,
    )


def digests_of(store: ObjectStore, manifest: str) -> frozenset[str]:
    """Return the digests of the segments of a repository; `manifest` is its manifest's digest.

    Returns an empty set if the manifest is missing. Raises `DamagedError`, `ObjectStoreError`.
    """
    try:
        data = store.get(repository_key(manifest))
    except NoObjectError:
        return frozenset()
    return frozenset(decode_repository_manifest(data).digests)


def _digest(live: LiveSegment) -> str:
    """Return the BLAKE2b-256 of a segment. Raises `DamagedError` if a page of it is damaged."""
    for section, offset in live.segment.file.damaged_pages():
        raise DamagedError(f"{live.entry.name}: section {section} is damaged near offset {offset}")
    return digest_of(live.segment.file.buffer.view)
