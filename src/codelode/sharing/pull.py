"""`lode pull`: fetch the segments that are missing, check them, and make them the index at once.

Until the last step, which publishes one manifest, the index here stays as it was, whatever the
store holds. A pull that was interrupted goes on where it stopped. Each segment is checked as soon
as it has arrived, while others are on their way.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from codelode.errors import (
    DamagedError,
    FormatError,
    NoObjectError,
    ObjectStoreError,
    StoreError,
    UsageError,
)
from codelode.pipeline.changes import settled_now
from codelode.render.units import size as shown
from codelode.sharing.check import check_content, check_identity, check_segments
from codelode.sharing.choice import choose
from codelode.sharing.fit import fit
from codelode.sharing.layout import Push, fetch_index, signature_key
from codelode.sharing.signature import MAX_SIGNATURE_BYTES, signer
from codelode.sharing.staging import Staging, partial_name
from codelode.sharing.transfers import move
from codelode.store.commit import publish, settle, write_stats
from codelode.store.lock import PATIENCE, write_lock
from codelode.store.manifest import read_manifest
from codelode.store.snapshot import LiveSegment, Snapshot, open_segment
from codelode.store.storage import LocalStorage

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.objects.pace import Pace
    from codelode.objects.store import ObjectStore
    from codelode.reader import IndexReader
    from codelode.sharing.layout import SharedIndex
    from codelode.sharing.transfers import Meter
    from codelode.store.manifest import Manifest, SegmentEntry

_SPARE_BYTES = 64 << 20
"""The space on disk that a pull leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullOptions:
    """How to pull.

    `near` picks the push that is closest in history. `bandwidth` is in bytes per second, `space`
    the most bytes to fetch. `signers` is a file of allowed signers, one of whom must have signed.
    `trust_options` accepts an index that was made with options that widen what is indexed. `wait`
    is in seconds.
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

    `distance` is that of the pushed commit from the current one, in commits (None: not known).
    `files_known` of `files` need not be read by the next update. `changed` is False if the index
    here was the same already.
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

    Raises `ObjectStoreError`, `DamagedError` and `MismatchError` for what was pushed, `UsageError`
    if there is not enough space, `LockedError`; the index here is then as it was.
    """
    began = time.perf_counter()
    before = _current(reader)
    choice = choose(store, reader.root, options.near)
    data, shared = fetch_index(store, choice.push.index)
    signed_by = _check_signature(store, choice.push, data, options.signers)
    mine = before.manifest if before else None
    check_identity(reader, shared.manifest, mine, options.trust_options)
    staging = Staging(reader.directory)
    with staging.held():
        try:
            gathered = _gather(staging, store, shared, options, meter)
            lives = check_segments(staging.storage, shared.manifest, gathered.checked)
        except (DamagedError, FormatError):
            staging.clear()
            raise
        with write_lock(reader.directory, max(options.wait, PATIENCE)):
            manifest, files_known, changed = _install(reader, staging, shared, lives)
        staging.clear()
    return PullReport(
        place=store.place,
        push=choice.push,
        distance=choice.distance,
        signer=signed_by,
        segments=len(lives),
        segments_fetched=gathered.fetched,
        bytes_fetched=gathered.size + len(data),
        files=manifest.files,
        files_known=files_known,
        generation=manifest.generation,
        changed=changed,
        seconds=time.perf_counter() - began,
    )


def _check_signature(
    store: ObjectStore, push: Push, data: bytes, signers: Path | None
) -> str | None:
    """Return who signed an index. Raises `ObjectStoreError` unless an allowed signer did."""
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


class _Gathered(NamedTuple):
    """The segments whose content was checked, by name; what was fetched, and its bytes."""

    checked: set[str]
    fetched: int
    size: int


def _gather(
    staging: Staging,
    store: ObjectStore,
    shared: SharedIndex,
    options: PullOptions,
    meter: Meter | None,
) -> _Gathered:
    """Bring all segments of an index into the staging folder, and check those that are fetched."""
    entries, objects = shared.manifest.segments, shared.objects
    staging.clear({*objects, *map(partial_name, objects.values())})
    mine = _segment_names(staging.directory)
    checked = {
        entry.name
        for entry in entries
        if entry.name in mine and staging.take_known(entry, objects[entry.name])
    }
    missing = [
        entry
        for entry in entries
        if entry.name not in checked and not staging.holds(entry, objects[entry.name])
    ]
    size = sum(staging.missing_bytes(entry, objects[entry.name]) for entry in missing)
    _check_space(staging.directory, size, options.space)

    def fetch(entry: SegmentEntry, pace: Pace) -> None:
        staging.fetch(store, entry, objects[entry.name], pace)
        check_content(open_segment(staging.storage, entry, shared.manifest.dimensions).segment)
        checked.add(entry.name)

    if missing:
        move(missing, size, fetch, options.bandwidth, meter)
    return _Gathered(checked, len(missing), size)


def _segment_names(directory: Path) -> set[str]:
    """Return the names of the segments of the index in a folder; none if it cannot be used."""
    try:
        return {entry.name for entry in Snapshot.open(LocalStorage(directory)).manifest.segments}
    except StoreError:
        return set()


def _check_space(directory: Path, amount: int, limit: int | None) -> None:
    if limit is not None and amount > limit:
        raise UsageError(
            f"{shown(amount)} would be fetched, more than the limit of {shown(limit)}: raise"
            " --max-size"
        )
    free = shutil.disk_usage(directory).free
    if amount + _SPARE_BYTES > free:
        raise UsageError(
            f"{shown(amount)} would be fetched, and {directory} has {shown(free)} left: make room"
        )


def _install(
    reader: IndexReader, staging: Staging, shared: SharedIndex, lives: list[LiveSegment]
) -> tuple[Manifest, int, bool]:
    """Publish the index; return its manifest, the files known as unchanged, and whether it is new.

    The caller holds the write lock.
    """
    storage = reader.storage
    before = _current(reader)
    settle(storage, before.manifest if before else None)
    if before is not None and _same(before.manifest, shared.manifest):
        return before.manifest, before.manifest.files, False
    started_ns = settled_now()
    fitted = fit(
        reader.root,
        lives,
        {live.entry.name: live for live in before.segments} if before else {},
        before.manifest.started_ns if before else 0,
    )
    for entry in shared.manifest.segments:
        staging.install(entry, shared.objects[entry.name])
    manifest = replace(
        shared.manifest,
        generation=(before.manifest.generation if before else _generation(reader)) + 1,
        root=os.fsdecode(reader.root),
        started_ns=started_ns,
        segments=tuple(
            replace(entry, stats=write_stats(storage, stats))
            for entry, stats in zip(shared.manifest.segments, fitted.stats, strict=True)
        ),
    )
    publish(storage, manifest)
    return manifest, fitted.known, True


def _current(reader: IndexReader) -> Snapshot | None:
    """Return the snapshot here, None if there is none that can be used.

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
    """Return whether two manifests name the same files of the same segments."""
    segments = tuple(replace(entry, stats="") for entry in mine.segments)
    return segments == shared.segments and mine.complete
