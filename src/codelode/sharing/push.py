"""`lode push`: upload the segments that the store lacks, then commit a list that names them.

A segment that the store has is not uploaded again if the last pushes name it, or if it is young.
Any other segment may be removed at any time (by `clean`), so it is uploaded again, which makes it
young.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codelode.errors import DamagedError, ObjectStoreError, UsageError
from codelode.objects.generations import Generations, digest_of
from codelode.objects.transfer import move
from codelode.sharing.history import head
from codelode.sharing.layout import (
    SEGMENTS,
    Push,
    SharedIndex,
    decode_pushes,
    encode_pushes,
    fetch_index,
    index_key,
    segment_key,
    signature_key,
    without_place,
)
from codelode.sharing.signature import sign

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.objects.generations import Generation
    from codelode.objects.pace import Pace
    from codelode.objects.store import ObjectStore
    from codelode.objects.transfer import Meter
    from codelode.store.manifest import Manifest
    from codelode.store.snapshot import LiveSegment, Snapshot

YOUNG_SECONDS = 12 * 3600
"""A segment younger than this is not removed before this push has named it."""
_LOOKED_AT = 3
"""The number of last pushes whose segments are known to stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOptions:
    """The options of a push: bytes per second, signing key, whether to share files with secrets."""

    bandwidth: float | None = None
    key: Path | None = None
    secrets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """The result of a push. Sizes are in bytes.

    `generation` is the generation of the list of pushes.
    """

    place: str
    push: Push
    generation: int
    segments: int
    segments_uploaded: int
    bytes_uploaded: int
    signed: bool
    seconds: float


def push(
    snapshot: Snapshot,
    root: Path,
    store: ObjectStore,
    options: PushOptions,
    meter: Meter | None = None,
) -> PushReport:
    """Push a snapshot of the index of `root`.

    Raises `UsageError` for an index that should not be shared, `DamagedError` for a damaged index,
    and `ObjectStoreError`.
    """
    began = time.perf_counter()
    _refuse_unfit(snapshot, options)
    generations = Generations(store)
    generations.probe()
    with snapshot.held():
        objects = {live.entry.name: digest_of(_view(live)) for live in snapshot.segments}
        uploaded = _upload_missing(snapshot, objects, generations, options, meter)
    manifest = without_place(snapshot.manifest)
    shared = SharedIndex(manifest, objects, *head(root))
    size, made = _store_index(store, shared, options.key)
    generation = generations.commit(lambda newest: _appended(store, newest, made))
    assert generation is not None
    return PushReport(
        place=store.place,
        push=made,
        generation=generation.number,
        segments=len(objects),
        segments_uploaded=len(uploaded),
        bytes_uploaded=sum(live.entry.bytes for live in uploaded) + size,
        signed=options.key is not None,
        seconds=time.perf_counter() - began,
    )


def _store_index(store: ObjectStore, shared: SharedIndex, key: Path | None) -> tuple[int, Push]:
    """Upload the signature, if any, then the shared index; return the index's size and the push."""
    data, manifest = shared.encode(), shared.manifest
    digest = digest_of(data)
    if key is not None:
        store.put(signature_key(digest), sign(data, key))
    store.put(index_key(digest), data)
    return len(data), Push(
        index=digest,
        commit=shared.commit,
        branch=shared.branch,
        pushed_at=time.time(),
        files=manifest.files,
        chunks=manifest.chunks,
        bytes=manifest.index_bytes,
    )


def _refuse_unfit(snapshot: Snapshot, options: PushOptions) -> None:
    manifest = snapshot.manifest
    if not manifest.complete:
        raise UsageError("the index does not cover its tree yet: run `lode index` first")
    if not options.secrets:
        refuse_secrets(manifest)


def refuse_secrets(manifest: Manifest) -> None:
    """Raise `UsageError` if an index was made with --secrets: others would see the secrets."""
    if manifest.options.get("secrets"):
        raise UsageError(
            "the index was made with --secrets, and would share them: add --with-secrets if that is"
            " intended"
        )


def _view(live: LiveSegment) -> memoryview:
    return live.segment.file.buffer.view


def _appended(store: ObjectStore, newest: Generation | None, made: Push) -> bytes | None:
    """Return the list of pushes with `made` appended; None if it repeats the last push."""
    pushes = decode_pushes(store, newest)
    if pushes and replace(pushes[-1], pushed_at=made.pushed_at) == made:
        return None
    return encode_pushes([*pushes, made])


def _upload_missing(
    snapshot: Snapshot,
    objects: dict[str, str],
    generations: Generations,
    options: PushOptions,
    meter: Meter | None,
) -> list[LiveSegment]:
    """Upload the missing segments until none is missing; return the uploaded ones."""
    store, uploaded = generations.store, []
    while missing := _missing(snapshot, objects, generations):
        for live in missing:
            for section, offset in live.segment.file.damaged_pages():
                raise DamagedError(f"{live.entry.name}: section {section}, offset {offset}")

        def upload(live: LiveSegment, pace: Pace) -> None:
            store.put(segment_key(objects[live.entry.name]), _view(live), pace)

        move(missing, _size(missing), upload, options.bandwidth, meter)
        uploaded += missing
    return uploaded


def _size(lives: list[LiveSegment]) -> int:
    return sum(live.entry.bytes for live in lives)


def _missing(
    snapshot: Snapshot, objects: dict[str, str], generations: Generations
) -> list[LiveSegment]:
    """Return the segments that are not in the store, or may soon be removed from it."""
    store = generations.store
    staying = _named_lately(store, generations.newest())
    now = generations.store_time()
    there = {each.key: each for each in store.list(SEGMENTS)}

    def stays(live: LiveSegment) -> bool:
        digest = objects[live.entry.name]
        found = there.get(segment_key(digest))
        if found is None or found.size != live.entry.bytes:
            return False
        return digest in staying or now - found.modified < YOUNG_SECONDS

    return [live for live in snapshot.segments if not stays(live)]


def _named_lately(store: ObjectStore, newest: Generation | None) -> set[str]:
    """Return the digests of the segments of the last pushes; skip pushes that cannot be read."""
    named: set[str] = set()
    for each in decode_pushes(store, newest)[-_LOOKED_AT:]:
        try:
            named.update(fetch_index(store, each.index)[1].objects.values())
        except ObjectStoreError:  # removed meanwhile, damaged, or of another version
            continue
    return named
