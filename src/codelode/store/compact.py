"""Compaction: merge small and half-dead segments, to limit disk use and query time.

The policy is tiered. A tier spans a factor of four in live chunks; as soon as a tier has `FAN_IN`
segments, they are merged into one segment of the next. A segment that is more than half dead is
rewritten by itself. Other full segments are left as they are.

Costs: a chunk is rewritten once per tier it climbs, at most `TIERS` times in its life, so write
amplification is bounded by 1 + TIERS; there are at most (FAN_IN - 1) · TIERS small segments beside
the full ones; at most half of an index is dead (plus the small segments). One update merges at
most `BUDGET_CHUNKS` chunks; the next update does the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from codelode.segment.schema import MAX_CHUNKS, MAX_FILES
from codelode.store.commit import publish, write_merged
from codelode.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.store.manifest import Manifest, SegmentEntry
    from codelode.store.storage import Storage

FAN_IN = 4
SMALLEST_TIER = 256
FULL_CHUNKS = 3 * MAX_CHUNKS // 4
TIERS = 5  # up to 256, 1024, 4096, 16384 and `FULL_CHUNKS` live chunks
BUDGET_CHUNKS = MAX_CHUNKS


def choose(entries: Sequence[SegmentEntry], budget: int = BUDGET_CHUNKS) -> list[int]:
    """Return the positions in `entries` of the segments to merge now; empty if there are none.

    Never chooses more than `budget` live chunks, or more than a segment can hold.
    """
    for number, entry in enumerate(entries):
        if 2 * entry.chunks < entry.all_chunks and entry.chunks <= budget:
            return [number]
    tiers: dict[int, list[int]] = {}
    for number, entry in enumerate(entries):
        if entry.chunks < FULL_CHUNKS:
            tiers.setdefault(_tier(entry.chunks), []).append(number)
    for _, numbers in sorted(tiers.items()):
        if len(numbers) < FAN_IN:
            continue
        chosen: list[int] = []
        chunks = rows = 0
        for number in numbers:
            entry = entries[number]
            if chunks + entry.chunks > min(budget, MAX_CHUNKS) or rows + entry.rows > MAX_FILES:
                break
            chosen.append(number)
            chunks, rows = chunks + entry.chunks, rows + entry.rows
        if len(chosen) >= 2:
            return chosen
    return []


def _tier(chunks: int) -> int:
    tier = 0
    while chunks >= SMALLEST_TIER * 4**tier:
        tier += 1
    return tier


def compact(storage: Storage, manifest: Manifest, budget: int = BUDGET_CHUNKS) -> Manifest:
    """Merge the segments that `choose` returns, until it returns none within the budget.

    Publishes each merge. The caller holds the write lock. Returns the manifest that is current
    afterwards.
    """
    while chosen := choose(manifest.segments, budget):
        budget -= sum(manifest.segments[number].chunks for number in chosen)
        snapshot = Snapshot.open(storage)
        parts = [snapshot.segments[number] for number in chosen]
        entries = list(manifest.segments)
        if any(part.files.any() for part in parts):
            stats = np.concatenate([part.stats[part.files] for part in parts])
            merged = write_merged(storage, [(part.segment, part.files) for part in parts], stats)
            entries[chosen[0]] = merged
            chosen = chosen[1:]
        kept = tuple(entry for i, entry in enumerate(entries) if i not in chosen)
        manifest = replace(manifest, generation=manifest.generation + 1, segments=kept)
        publish(storage, manifest)
    return manifest
