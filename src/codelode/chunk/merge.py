"""Merge the small pieces of a file into chunks of the right size."""

from __future__ import annotations

from codelode.chunk.outline import SOFT
from codelode.chunk.sizes import MAX_CHUNK_BYTES, SMALL_CHUNK_BYTES, TINY_CHUNK_BYTES


def merge(cuts: dict[int, int], end: int) -> list[int]:
    """Drop split points between small neighbors; return where the chunks of `[0, end)` begin.

    `cuts` maps byte offsets inside the file to levels. The highest levels are the worst split
    points and go first, so that parts of one definition are joined before two definitions are.
    """
    ordered = sorted(cuts)
    starts = [0, *ordered, end]
    levels = [0, *map(cuts.__getitem__, ordered), 0]
    for level in sorted(set(cuts.values()), reverse=True):
        starts, levels = _merge_level(starts, levels, level)
    return _absorb(starts, levels)


def _merge_level(starts: list[int], levels: list[int], level: int) -> tuple[list[int], list[int]]:
    """Merge pieces at split points of one level, left to right.

    The last of `starts` is the end of the file. Pieces of one function are merged up to the full
    size. Elsewhere the two sides may be separate definitions, so they are merged only if one is
    small. A part of a larger definition is never merged with a neighbor of that definition.
    """
    soft = level >= SOFT
    kept, kept_levels = starts[:1], levels[:1]
    last, before = starts[0], levels[0]
    limit = last + MAX_CHUNK_BYTES
    following = zip(starts[1:], starts[2:], levels[1:], levels[2:], strict=False)
    for start, stop, at, after in following:
        if (
            at == level
            and stop <= limit
            and (
                soft
                or (
                    before <= level >= after
                    and (start - last < SMALL_CHUNK_BYTES or stop - start < SMALL_CHUNK_BYTES)
                )
            )
        ):
            continue
        kept.append(start)
        kept_levels.append(at)
        last, before = start, at
        limit = start + MAX_CHUNK_BYTES
    return [*kept, starts[-1]], [*kept_levels, 0]


def _absorb(starts: list[int], levels: list[int]) -> list[int]:
    """Join tiny pieces, such as a closing bracket, to the more closely related neighbor."""
    kept = starts[:1]
    end = len(starts) - 1
    for i in range(1, end):
        start, stop = starts[i], starts[i + 1]
        before, size = start - kept[-1], stop - start
        if min(before, size) < TINY_CHUNK_BYTES:
            fits = before + size <= MAX_CHUNK_BYTES + TINY_CHUNK_BYTES
            further = before >= TINY_CHUNK_BYTES and i + 1 < end and levels[i + 1] > levels[i]
            if fits and not further:
                continue
        kept.append(start)
    return kept
