"""Bring all segments of a shared index into the staging folder; check and fit them there.

To fit a segment is to find the local files that have its content (see `fit.Fitter`).
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

from codelode.errors import DamagedError, FormatError, StoreError, UsageError
from codelode.objects.transfer import move
from codelode.render.units import size as shown
from codelode.sharing.check import check_counts, check_distinct
from codelode.sharing.checkers import Checkers
from codelode.sharing.fit import known_files
from codelode.sharing.staging import partial_name
from codelode.store.manifest import read_manifest
from codelode.store.snapshot import open_segment
from codelode.store.storage import LocalStorage

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from codelode.objects.pace import Pace
    from codelode.objects.store import ObjectStore
    from codelode.objects.transfer import Meter
    from codelode.sharing.fit import Fitter
    from codelode.sharing.layout import SharedIndex
    from codelode.sharing.staging import Staging
    from codelode.store.manifest import Manifest, SegmentEntry
    from codelode.store.snapshot import LiveSegment

_SPARE_BYTES = 64 << 20
"""The space on disk that a pull leaves."""


class Limits(NamedTuple):
    """The limits of a transfer: bytes per second, and bytes in all."""

    bandwidth: float | None
    space: int | None


class Gathered(NamedTuple):
    """The segments of an index, checked, in the staging folder.

    `stats` are the times and inodes of the files of each segment, int64[rows, 3]; `known` is the
    number of files with text whose times and inodes are known. `fetched` is the number of segments
    that were fetched, `size` the number of bytes that were fetched.
    """

    stats: list[NDArray[np.int64]]
    known: int
    fetched: int
    size: int


def gather(
    staging: Staging,
    store: ObjectStore,
    shared: SharedIndex,
    fitter: Fitter,
    limits: Limits,
    meter: Meter | None,
) -> Gathered:
    """Reuse the segments that the local index has, and fetch the others.

    Each segment is checked and fitted as soon as it is complete, while others are being fetched.
    Raises `ObjectStoreError`, `DamagedError` or `FormatError` for a bad segment, and `UsageError`
    if the disk or `limits.space` is too small.
    """
    manifest, objects = shared.manifest, shared.objects
    staging.clear({*objects, *map(partial_name, objects.values())})
    trusted = _taken(staging, shared)
    missing = _missing(staging, shared, trusted)
    size = sum(missing.values())
    _check_space(staging.directory, size, limits.space)
    ready: dict[str, tuple[LiveSegment, NDArray[np.int64]]] = {}

    def prepare(entry: SegmentEntry, pace: Pace) -> None:
        if entry.name in missing:
            staging.fetch(store, entry, objects[entry.name], pace)
        live = open_segment(staging.storage, entry, manifest.dimensions)
        if entry.name not in trusted:
            checkers.check(live)
        check_counts(live)
        ready[entry.name] = live, fitter.stats(live)

    try:
        with _checkers(staging, manifest, trusted) as checkers:
            move(manifest.segments, size, prepare, limits.bandwidth, meter)
        check_distinct([live for live, _ in ready.values()])
    except (DamagedError, FormatError):
        staging.clear()
        raise
    stats = [ready[entry.name][1] for entry in manifest.segments]
    return Gathered(stats, sum(known_files(*each) for each in ready.values()), len(missing), size)


def _checkers(staging: Staging, manifest: Manifest, trusted: set[str]) -> Checkers:
    unchecked = [entry for entry in manifest.segments if entry.name not in trusted]
    return Checkers(staging.folder, manifest.dimensions, unchecked)


def _missing(staging: Staging, shared: SharedIndex, trusted: set[str]) -> dict[str, int]:
    """Return how many bytes to fetch for each segment that is incomplete in the staging folder."""
    return {
        entry.name: staging.missing_bytes(entry, shared.objects[entry.name])
        for entry in shared.manifest.segments
        if entry.name not in trusted and not staging.holds(entry, shared.objects[entry.name])
    }


def _taken(staging: Staging, shared: SharedIndex) -> set[str]:
    """Put the segments that the local index has into the staging folder; return their names.

    Their content needs no check: this machine made them, or checked them when it fetched them.
    """
    try:
        mine = {each.name for each in read_manifest(LocalStorage(staging.directory)).segments}
    except StoreError:  # there is no local index, or it cannot be used
        return set()
    return {
        entry.name
        for entry in shared.manifest.segments
        if entry.name in mine and staging.take_known(entry, shared.objects[entry.name])
    }


def _check_space(directory: Path, size: int, limit: int | None) -> None:
    if limit is not None and size > limit:
        raise UsageError(
            f"{shown(size)} would be fetched, more than the limit of {shown(limit)}: raise"
            " --max-size"
        )
    free = shutil.disk_usage(directory).free
    if size + _SPARE_BYTES > free:
        raise UsageError(
            f"{shown(size)} would be fetched, and {directory} has {shown(free)} left: make room"
        )
