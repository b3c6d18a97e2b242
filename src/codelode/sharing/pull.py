"""`lode pull`: fetch and check the segments that are missing, then publish the index in one step.

Until that step, which publishes one manifest, the local index stays as it was, whatever the store
holds. An interrupted pull resumes where it stopped. Each segment is checked as soon as it has
arrived, while others are being fetched.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codelode.errors import (
    DamagedError,
    FormatError,
    NoObjectError,
    ObjectStoreError,
    StoreError,
)
from codelode.pipeline.changes import settled_now
from codelode.sharing.check import check_identity
from codelode.sharing.choice import choose
from codelode.sharing.fit import Fitter
from codelode.sharing.gather import Limits, gather
from codelode.sharing.layout import Push, fetch_index, index_key, signature_key
from codelode.sharing.signature import MAX_SIGNATURE_BYTES, signer
from codelode.sharing.staging import Staging
from codelode.store.commit import publish, settle, write_stats
from codelode.store.lock import PATIENCE, write_lock
from codelode.store.manifest import read_manifest
from codelode.store.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.objects.store import ObjectStore
    from codelode.objects.transfer import Meter
    from codelode.reader import IndexReader
    from codelode.sharing.gather import Gathered
    from codelode.sharing.layout import SharedIndex
    from codelode.store.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class PullOptions:
    """The options of a pull.

    `near` picks the push that is closest in history. `bandwidth` is in bytes per second, `space`
    is the largest number of bytes to fetch. `signers` is a file of allowed signers, one of whom
    must have signed the index. `trust_options` accepts an index that was made with options that
    widen what is indexed. `wait` is the time to wait for another writer, in seconds.
    """

    near: bool = False
    bandwidth: float | None = None
    space: int | None = None
    signers: Path | None = None
    trust_options: bool = False
    wait: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PullReport:
    """The result of a pull. Sizes are in bytes.

    `distance` is the distance from the current commit to the pushed one, in commits; None if it is
    not known. `files_known` is the number of files, out of `files`, that the next update need not
    read. `changed` is False if the local index was already the same.
    """

    place: str
    push: Push
    distance: int | None
    signer: str | None
    segments: int
    segments_fetched: int
    bytes_fetched: int
    files: int
    files_known: int
    generation: int
    changed: bool
    seconds: float


def pull(
    reader: IndexReader, store: ObjectStore, options: PullOptions, meter: Meter | None = None
) -> PullReport:
    """Pull an index for the root of a reader.

    Raises `ObjectStoreError`, `DamagedError` or `MismatchError` if the pushed index cannot be used,
    `UsageError` if there is not enough space, and `LockedError`. The local index is then unchanged.
    """
    began = time.perf_counter()
    started_ns = settled_now()
    before = _current(reader)
    choice = choose(store, reader.root, options.near)
    data, shared = fetch_index(store, choice.push.index)
    _check_source(store, choice.push, shared)
    signed_by = _check_signature(store, choice.push, data, options.signers)
    mine = before.manifest if before else None
    check_identity(reader, shared.manifest, mine, options.trust_options)
    staging = Staging(reader.directory)
    with staging.held():
        fitter = Fitter(reader.root, before)
        limits = Limits(options.bandwidth, options.space)
        gathered = gather(staging, store, shared, fitter, limits, meter)
        with write_lock(reader.directory, max(options.wait, PATIENCE)):
            manifest, changed = _install(reader, staging, shared, gathered, started_ns)
        staging.clear()
    return PullReport(
        place=store.place,
        push=choice.push,
        distance=choice.distance,
        signer=signed_by,
        segments=len(manifest.segments),
        segments_fetched=gathered.fetched,
        bytes_fetched=gathered.size + len(data),
        files=manifest.files,
        files_known=gathered.known,
        generation=manifest.generation,
        changed=changed,
        seconds=time.perf_counter() - began,
    )


def _check_source(store: ObjectStore, push: Push, shared: SharedIndex) -> None:
    """Raise `ObjectStoreError` if the list of pushes records another source than the index."""
    if (push.commit, push.branch) != (shared.commit, shared.branch):
        key = index_key(push.index)
        raise ObjectStoreError(store.place, key, "the index is of another commit than was listed")


def _check_signature(
    store: ObjectStore, push: Push, data: bytes, signers: Path | None
) -> str | None:
    """Return the signer of an index; None if no signature is required.

    Raises `ObjectStoreError` unless an allowed signer has signed it.
    """
    if signers is None:
        return None
    key = signature_key(push.index)
    try:
        signature = store.get(key, MAX_SIGNATURE_BYTES)
    except NoObjectError:
        raise ObjectStoreError(store.place, key, "the index is not signed") from None
    found = signer(data, signature, signers)
    if found is None:
        raise ObjectStoreError(store.place, key, f"no signer in {signers} has signed the index")
    return found


def _install(
    reader: IndexReader,
    staging: Staging,
    shared: SharedIndex,
    gathered: Gathered,
    started_ns: int,
) -> tuple[Manifest, bool]:
    """Publish the index unless it is already current; return its manifest and whether it is new.

    The caller holds the lock.
    """
    storage = reader.storage
    before = _current(reader)
    settle(storage, before.manifest if before else None)
    for entry in shared.manifest.segments:
        staging.install(entry, shared.objects[entry.name])
    if before is not None and _same(before.manifest, shared.manifest):
        return before.manifest, False
    manifest = replace(
        shared.manifest,
        generation=(before.manifest.generation if before else _generation(reader)) + 1,
        root=os.fsdecode(reader.root),
        started_ns=started_ns,
        segments=tuple(
            replace(entry, stats=write_stats(storage, stats))
            for entry, stats in zip(shared.manifest.segments, gathered.stats, strict=True)
        ),
    )
    publish(storage, manifest)
    return manifest, True


def _current(reader: IndexReader) -> Snapshot | None:
    """Return the snapshot of the local index, or None if there is no usable one.

    Raises `MismatchError` if the folder holds the index of another root.
    """
    try:
        return None if reader.manifest() is None else Snapshot.open(reader.storage)
    except (DamagedError, FormatError):
        return None


def _generation(reader: IndexReader) -> int:
    try:
        return read_manifest(reader.storage).generation
    except StoreError:
        return 0


def _same(mine: Manifest, shared: Manifest) -> bool:
    """Return whether `mine` is complete and has the same segments and live files as `shared`."""
    return mine.without_place().segments == shared.segments and mine.complete
