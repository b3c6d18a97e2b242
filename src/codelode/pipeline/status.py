"""An overview of an index."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codelode.pipeline.plan import Plan
    from codelode.store.snapshot import Snapshot
    from codelode.store.storage import Storage
    from codelode.types import WatchState


@dataclass(frozen=True, slots=True)
class Status:
    """An overview of an index. Sizes are in bytes; `last_commit` is ISO 8601, UTC."""

    root: str
    directory: str
    generation: int
    complete: bool
    files: int
    chunks: int
    segments: int
    dead_files: int
    index_bytes: int
    text_bytes: int
    bytes_by_section: dict[str, int]
    model: str
    last_commit: str
    skipped: dict[str, int]
    changes: Plan | None
    watch: WatchState | None


def describe(
    storage: Storage, snapshot: Snapshot, changes: Plan | None, watch: WatchState | None
) -> Status:
    """Return the status of an index.

    `changes` is the plan of an update, if known, and `watch` the state of the watcher, if any.
    """
    manifest = snapshot.manifest
    sections: Counter[str] = Counter()
    for live in snapshot.segments:
        sections.update(live.segment.file.section_bytes())
    written = storage.published_at()
    return Status(
        root=manifest.root,
        directory=storage.place,
        generation=manifest.generation,
        complete=manifest.complete,
        files=manifest.files,
        chunks=manifest.chunks,
        segments=len(manifest.segments),
        dead_files=sum(int((~live.files).sum()) for live in snapshot.segments),
        index_bytes=manifest.index_bytes,
        text_bytes=sum(entry.text_bytes for entry in manifest.segments),
        bytes_by_section=dict(sections),
        model=manifest.encoder,
        last_commit=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(written)),
        skipped=manifest.skipped,
        changes=changes,
        watch=watch,
    )
