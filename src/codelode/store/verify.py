"""Check a whole index, and drop the segments that are damaged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codelode.errors import DamagedError, FormatError
from codelode.segment.stats import read_stats
from codelode.segment.verify import faults
from codelode.store.commit import publish
from codelode.store.manifest import Manifest, SegmentEntry, read_manifest
from codelode.store.snapshot import LiveSegment, Snapshot, open_segment
from codelode.store.storage import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.store.storage import Storage


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault in a file of the index; `offset` is in bytes."""

    file: str
    section: str
    offset: int
    problem: str


def verify(storage: Storage) -> list[Finding]:
    """Check every checksum and every cross-reference; return the faults.

    Raises `NoIndexError`, or another `StoreError` if a file cannot be read for now.
    """
    try:
        manifest = read_manifest(storage)
    except (DamagedError, FormatError) as error:
        return [Finding(MANIFEST, "manifest", 0, _problem(error))]
    return [finding for entry in manifest.segments for finding in _check(storage, manifest, entry)]


def _check(storage: Storage, manifest: Manifest, entry: SegmentEntry) -> Iterator[Finding]:
    try:
        live = open_segment(storage, entry, manifest.dimensions)
    except (DamagedError, FormatError) as error:
        yield Finding(entry.name, "file", 0, _problem(error))
        return
    yield from _check_segment(manifest, live)
    yield from _check_stats(live)


def _check_segment(manifest: Manifest, live: LiveSegment) -> Iterator[Finding]:
    entry, sound = live.entry, True
    try:
        with Snapshot(manifest, [live]).held():
            for section, offset, problem in faults(live.segment):
                sound = False
                yield Finding(entry.name, section, offset, problem)
    except DamagedError as error:
        sound = False
        yield Finding(entry.name, "file", 0, _problem(error))
    if not sound:
        return
    files = live.segment.files
    if len(files) != entry.rows or int(files["chunks"].sum()) != entry.all_chunks:
        yield Finding(entry.name, "files", 0, "other counts than the manifest has")
    elif entry.with_live(live.files, files) != entry:
        yield Finding(MANIFEST, entry.name, 0, "counts of live files do not add up")


def _check_stats(live: LiveSegment) -> Iterator[Finding]:
    name = live.entry.stats
    try:
        file = live.open_stats()
        if file is not None:
            for section, offset in file.damaged_pages():
                yield Finding(name, section, offset, "checksum does not match")
                return
            read_stats(file, live.entry.rows)
        elif name:
            yield Finding(name, "file", 0, "the file is missing")
    except (DamagedError, FormatError) as error:
        yield Finding(name, "file", 0, _problem(error))


def _problem(error: DamagedError | FormatError) -> str:
    return error.problem if isinstance(error, DamagedError) else str(error)


def drop_damaged(storage: Storage) -> Manifest:
    """Publish a manifest without the segments that are damaged: the next update rebuilds them.

    If only a segment's `.stat` file is damaged, the next update reads and hashes all its files.
    The caller holds the write lock. Raises `DamagedError` if the manifest itself is damaged.
    """
    manifest = read_manifest(storage)
    sound = []
    for entry in manifest.segments:
        spoiled = {finding.file for finding in _check(storage, manifest, entry)}
        if spoiled <= {entry.stats}:
            sound.append(replace(entry, stats="") if spoiled else entry)
    if tuple(sound) != manifest.segments:
        manifest = replace(
            manifest,
            generation=manifest.generation + 1,
            segments=tuple(sound),
            complete=manifest.complete and len(sound) == len(manifest.segments),
        )
        publish(storage, manifest)
    return manifest
