"""Adding indexes to a roster, and the repositories of a roster as dictionaries."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codelode.answers.build import update
from codelode.answers.unicode import without_surrogates
from codelode.errors import DamagedError, UsageError
from codelode.objects.pace import Pace
from codelode.objects.urls import open_object_store
from codelode.roster.cache import Wanted
from codelode.roster.upload import Uploader, digests_of
from codelode.segment.verify import faults
from codelode.sharing.check import check_counts, check_distinct
from codelode.sharing.choice import choose
from codelode.sharing.layout import fetch_index, segment_key
from codelode.store.snapshot import Snapshot, live_segment

if TYPE_CHECKING:
    from codelode.answers.build import Meter
    from codelode.index import Index
    from codelode.objects.generations import Generation
    from codelode.roster.cache import ObjectCache
    from codelode.roster.collect import Collected
    from codelode.roster.records import Repository
    from codelode.roster.repositories import RepositoryTotals
    from codelode.roster.roster import Selection
    from codelode.roster.writer import RosterWriter


def indexed_tree(index: Index, meter: Meter | None = None) -> Snapshot:
    """Return the snapshot of a tree as it is now: build its index, or bring it up to date.

    Raises what `Index.update` raises, and `UsageError` if only the index of an enclosing folder
    covers the tree, and the tree is no git worktree.
    """
    if index.exists():
        index.refresh("always")  # with the options that the index was made with
        return index.snapshot()
    outer = index.enclosing_root()
    if outer is not None and not (index.root / ".git").exists():
        raise UsageError(
            f"{index.root} is a part of the index of {outer}: add that, or give {index.root} an"
            " index of its own with --index-dir"
        )
    update(index, meter)
    return index.snapshot()


def pushed_index(source: str, cache: ObjectCache) -> Snapshot:
    """Return a snapshot of the index that was last pushed to a store.

    Everything in it is checked, since anybody may have pushed it. Raises `ObjectStoreError`,
    `DamagedError`.
    """
    store = open_object_store(source)
    _, shared = fetch_index(store, choose(store, Path(), near=False).push.index)
    manifest = shared.manifest
    digests = [shared.objects[entry.name] for entry in manifest.segments]
    pairs = list(zip(manifest.segments, digests, strict=True))
    cache.fetch(
        store, [Wanted(segment_key(digest), digest, entry.bytes) for entry, digest in pairs]
    )
    lives = []
    for entry, digest in pairs:
        buffer = cache.open(digest)
        if buffer is None:
            raise DamagedError(f"{entry.name}: segment file is missing", "try again")
        live = live_segment(buffer, entry, manifest.dimensions)
        for section, offset, problem in faults(live.segment):
            raise DamagedError(
                f"{entry.name}: section {section}, offset {offset}: {problem}", "push it again"
            )
        check_counts(live)
        lives.append(live)
    check_distinct(lives)
    return Snapshot(manifest, lives)


def upload(
    writer: RosterWriter, snapshot: Snapshot, name: str, label: str, meter: Meter | None = None
) -> Repository:
    """Upload a snapshot, without the segments that the repository already has in the roster.

    Returns the repository to add or to update. Raises what `Uploader.upload_snapshot` raises.
    """
    table = writer.table()
    row = table.find(name)
    known = frozenset[str]()
    if row is not None:
        known = digests_of(writer.store, table.repository(row).manifest)
    size = snapshot.manifest.index_bytes
    with nullcontext() if meter is None else meter(len(snapshot.segments), size) as progress:
        pace = Pace(None, None if progress is None else partial(progress.indexed, 0))
        return Uploader(writer.store, known, pace).upload_snapshot(snapshot, name, label)


def repository_object(repository: Repository) -> dict[str, Any]:
    """Return a repository of a roster; its `label` is null if everybody may see it."""
    identity = repository.identity
    return {
        "name": repository.name,
        "label": repository.label or None,
        "generation": repository.generation,
        "complete": repository.complete,
        "updated": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(repository.updated)),
        "files": repository.files,
        "chunks": repository.chunks,
        "tokens": repository.tokens,
        "segments": repository.segments,
        "text_bytes": repository.text_bytes,
        "index_bytes": repository.index_bytes,
        "model": without_surrogates(identity.encoder),
        "tokenizer": identity.tokenizer,
        "languages": dict(repository.languages),
        "manifest": repository.manifest,
    }


def totals_object(totals: RepositoryTotals) -> dict[str, Any]:
    """Return the totals of a repository; its `label` is null if everybody may see it."""
    return {**asdict(totals), "label": totals.label or None, "languages": dict(totals.languages)}


def roster_object(selection: Selection, generation: int | None) -> dict[str, Any]:
    """Return some repositories of a roster with their totals.

    `generation` is the generation of the roster, which counts all commits. It is None for a caller
    who may not see all repositories.
    """
    return {
        "roster": without_surrogates(selection.roster.place),
        "generation": generation,
        "files": selection.files,
        "chunks": selection.chunks,
        "index_bytes": selection.index_bytes,
        "repositories": [repository_object(each) for each in selection],
    }


def commit_object(place: str, action: str, generation: Generation | None) -> dict[str, Any]:
    """Return the outcome of a change to a roster."""
    return {
        "roster": without_surrogates(place),
        "action": action,
        "generation": 0 if generation is None else generation.number,
    }


def collected_object(place: str, collected: Collected, dry_run: bool) -> dict[str, Any]:
    """Return how much `lode roster gc` removed, or would remove."""
    return {
        "roster": without_surrogates(place),
        "dry_run": dry_run,
        "generations": collected.generations,
        "objects": collected.objects,
        "freed_bytes": collected.bytes,
    }
