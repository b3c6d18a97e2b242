"""Small pieces of a file to chunks of a good size."""

from __future__ import annotations

from codelode.chunk.outline import SOFT
from codelode.chunk.sizes import MAX_CHUNK_BYTES, SMALL_CHUNK_BYTES, TINY_CHUNK_BYTES


def merge(cuts: dict[int, int], end: int) -> list[int]:
    """Drop cuts between small neighbours; returns where the chunks of `[0, end)` begin.

    `cuts` maps byte offsets inside the file to levels. The highest are the worst places to cut and
    go first, so that the parts of one definition grow together before they meet others.
    """
    starts = [0, *sorted(cuts)]
    levels = [0, *(cuts[start] for start in starts[1:])]
    for level in sorted(set(levels[1:]), reverse=True):
        starts, levels = _merge_level(starts, levels, end, level)
    return _absorb(starts, levels, end)


def _merge_level(
    starts: list[int], levels: list[int], end: int, level: int
) -> tuple[list[int], list[int]]:
    """Merge over cuts of one level, left to right.

    Inside functions up to the full size. Outside, where both sides may be definitions of their
    own, only what is small, and no part of a larger thing with something beside that thing.
    """
    soft = level >= SOFT
    kept, kept_levels = starts[:1], levels[:1]
    count = len(starts)
    for i in range(1, count):
        start = starts[i]
        if levels[i] == level:
            stop, after = (starts[i + 1], levels[i + 1]) if i + 1 < count else (end, 0)
            last = kept[-1]
            if stop - last <= MAX_CHUNK_BYTES and (
                soft
                or (
                    min(start - last, stop - start) < SMALL_CHUNK_BYTES
                    and kept_levels[-1] <= level >= after
                )
            ):
                continue
        kept.append(start)
        kept_levels.append(levels[i])
    return kept, kept_levels


def _absorb(starts: list[int], levels: list[int], end: int) -> list[int]:
    """Join what is tiny (a closing bracket, say) to the neighbour that it is closest to."""
    kept = starts[:1]
    count = len(starts)
    for i in range(1, count):
        start, stop = starts[i], starts[i + 1] if i + 1 < count else end
        before, size = start - kept[-1], stop - start
        fits = before + size <= MAX_CHUNK_BYTES + TINY_CHUNK_BYTES
        closer_to_next = before >= TINY_CHUNK_BYTES and i + 1 < count and levels[i + 1] > levels[i]
        if fits and min(before, size) < TINY_CHUNK_BYTES and not closer_to_next:
            continue
        kept.append(start)
    return kept
