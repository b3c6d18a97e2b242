"""The repositories of a selection, open for searching as one shard."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.errors import DamagedError, MismatchError, ObjectStoreError, UsageError
from codelode.objects.folder import FolderStore
from codelode.roster.cache import Wanted
from codelode.roster.manifest import repository_key, segment_key
from codelode.roster.roster import check_manifest
from codelode.search.shard import Shard
from codelode.store.snapshot import Snapshot, live_segment
from codelode.system.descriptors import allow_open_files
from codelode.system.files import MappedFile
from codelode.system.mounts import remote_mount
from codelode.text.tokens import TOKENIZER

if TYPE_CHECKING:
    from codelode.objects.store import ObjectStore
    from codelode.roster.cache import ObjectCache
    from codelode.roster.manifest import RepositoryManifest
    from codelode.roster.records import Identity
    from codelode.roster.roster import Selection
    from codelode.segment.buffer import Buffer
    from codelode.store.snapshot import LiveSegment

DESCRIPTORS = 2
"""A mapped file has one for its lease and one for its mapping."""

_ATTEMPTS = 20


def open_shard(selection: Selection, cache: ObjectCache) -> Shard:
    """Return one shard of all segments of a selection, which has at least one repository.

    The segments of a folder on this machine are mapped where they are. All others are fetched into
    the cache first.

    Raises `MismatchError` for repositories that cannot be searched together or by this version,
    `UsageError` if they are too many or too large, `DamagedError`, `FormatError`,
    `ObjectStoreError`.
    """
    check_tokenizer(selection.identity())
    store = selection.roster.store
    local = local_folder(store)
    manifests = _manifests(selection, cache, local is not None)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _shard(manifests, local, cache, store)
        except FileNotFoundError:  # another process has made room in the cache
            if attempt == _ATTEMPTS:
                raise DamagedError("a segment is missing", "raise --cache-size") from None
    raise AssertionError


def check_tokenizer(identity: Identity | None) -> None:
    """Raise `MismatchError` for indexes that another version of the tokenizer made."""
    if identity is not None and identity.tokenizer != TOKENIZER:
        raise MismatchError(
            f"the repositories were indexed with the tokenizer {identity.tokenizer}, and this"
            f" version reads {TOKENIZER}: update them by `lode roster update`"
        )


def local_folder(store: ObjectStore) -> FolderStore | None:
    """Return the store if it is a folder that no other machine changes, or None."""
    if isinstance(store, FolderStore) and remote_mount(store.directory) is None:
        return store
    return None


def _manifests(
    selection: Selection, cache: ObjectCache, is_local: bool
) -> list[tuple[str, RepositoryManifest]]:
    """Return the prefix and the manifest of each repository."""
    roster = selection.roster
    if is_local:
        return [(each.prefix, roster.manifest(each)) for each in selection]
    repositories = list(selection)
    cache.fetch(
        roster.store,
        [Wanted(repository_key(each.manifest), each.manifest) for each in repositories],
    )
    found = []
    for each in repositories:
        data = cache.read(each.manifest)
        manifest = roster.manifest(each) if data is None else check_manifest(each, data)
        found.append((each.prefix, manifest))
    return found


def _shard(
    manifests: list[tuple[str, RepositoryManifest]],
    local: FolderStore | None,
    cache: ObjectCache,
    store: ObjectStore,
) -> Shard:
    """Open all segments. Raises `FileNotFoundError` if one is no longer in the cache."""
    pairs = [(prefix, *pair) for prefix, manifest in manifests for pair in manifest]
    if local is None:
        wanted = [Wanted(segment_key(digest), digest, entry.bytes) for _, entry, digest in pairs]
        cache.fetch(store, wanted)
    allow_open_files(DESCRIPTORS * len(pairs))
    first = manifests[0][1].manifest
    segments: list[LiveSegment] = []
    try:
        for _, entry, digest in pairs:
            buffer = cache.open(digest) if local is None else mapped(local, digest)
            if buffer is None:
                raise FileNotFoundError(digest)
            segments.append(live_segment(buffer, entry, first.dimensions))
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            problem = f"a segment cannot be opened: {error.strerror or error}"
            raise ObjectStoreError(store.place, "", problem) from None
        raise UsageError(
            f"{len(pairs):,} segments cannot be open at once ({error.strerror}): select fewer"
            " repositories (-r)"
        ) from None
    whole = replace(first, root="", segments=tuple(entry for _, entry, _ in pairs))
    return Shard(Snapshot(whole, segments), [prefix for prefix, _, _ in pairs])


def mapped(local: FolderStore, digest: str) -> Buffer:
    """Map a segment of a local folder. Raises `DamagedError` if it is missing."""
    key = segment_key(digest)
    try:
        return MappedFile(local.directory / key)
    except (FileNotFoundError, ValueError):
        raise DamagedError(
            f"{local.place}: {key} is missing", "add its repository to the roster again"
        ) from None
