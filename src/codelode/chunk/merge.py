"""Merge the small pieces of a file into chunks of the right size."""

from __future__ import annotations

from codelode.chunk.outline import SOFT
from codelode.chunk.sizes import MAX_CHUNK_BYTES, SMALL_CHUNK_BYTES, TINY_CHUNK_BYTES


def merge(cuts: dict[int, int], end: int) -> list[int]:
    """Drop split points between small neighbors; return where the chunks of `[0, end)` begin.

    `cuts` maps the split points (byte offsets inside the file) to their levels. Split points of the
    highest levels are the worst. They are dropped first, so that parts of one definition are joined
    before two definitions are.
    """
    starts, levels = _merge_functions(cuts, end)
    for level in sorted({level for level in levels if level < SOFT}, reverse=True):
        starts, levels = _merge_level(starts, levels, level)
    return _absorb(starts, levels)


def _merge_functions(cuts: dict[int, int], end: int) -> tuple[list[int], list[int]]:
    """Merge the pieces of each function; return the remaining starts, `end` last, and their levels.

    A function is the text between two neighboring cuts of levels below `SOFT`; the other cuts are
    soft. If a function fits into a chunk, all of its pieces are merged.
    """
    starts, levels = [0], [0]
    soft: list[int] = []
    for start in sorted(cuts):
        level = cuts[start]
        if level >= SOFT:
            soft.append(start)
            continue
        if soft:
            if start - starts[-1] > MAX_CHUNK_BYTES:
                _merge_function(starts, levels, soft, start, cuts)
            soft = []
        starts.append(start)
        levels.append(level)
    if soft and end - starts[-1] > MAX_CHUNK_BYTES:
        _merge_function(starts, levels, soft, end, cuts)
    return [*starts, end], [*levels, 0]


def _merge_function(
    starts: list[int], levels: list[int], soft: list[int], end: int, cuts: dict[int, int]
) -> None:
    """Merge the pieces of one function up to the full size; append the cuts that remain.

    The function begins at the last of `starts` and has the cuts `soft`. The remaining cuts are
    appended to `starts`, and their levels to `levels`.
    """
    first = starts[-1]
    for level in sorted(set(map(cuts.__getitem__, soft)), reverse=True):
        kept = []
        limit = first + MAX_CHUNK_BYTES
        for start, stop in zip(soft, [*soft[1:], end], strict=True):
            if stop > limit or cuts[start] != level:
                kept.append(start)
                limit = start + MAX_CHUNK_BYTES
        soft = kept
    starts += soft
    levels += map(cuts.__getitem__, soft)


def _merge_level(starts: list[int], levels: list[int], level: int) -> tuple[list[int], list[int]]:
    """Merge pieces at the split points of `level`, which lie outside functions, left to right.

    The last of `starts` is the end of the file. The pieces on both sides of a split point may be
    separate definitions, so they are merged only if one of them is small. A part of a larger
    definition is never merged with a neighbor of that definition.
    """
    kept, kept_levels = starts[:1], levels[:1]
    last, before = starts[0], levels[0]
    limit = last + MAX_CHUNK_BYTES
    following = zip(starts[1:], starts[2:], levels[1:], levels[2:], strict=False)
    for start, stop, at, after in following:
        if (
            at == level
            and stop <= limit
            and before <= level >= after
            and (start - last < SMALL_CHUNK_BYTES or stop - start < SMALL_CHUNK_BYTES)
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
