"""Merge the definitions of several segments or runs, block by block.

Definitions are numbered file by file, so the definitions of each segment follow the
definitions of the segment before it. Their names are renumbered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from codelode.segment.definitions import (
    DEFINITIONS_PER_BLOCK,
    ChunkFinder,
    definition_records,
)
from codelode.segment.frames import frame_sections
from codelode.segment.name_merge import merge_names
from codelode.segment.names import name_sections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from codelode.segment.container import Piece
    from codelode.segment.name_merge import MergedNames
    from codelode.segment.reader import Segment

    Mask = NDArray[np.bool_]
    Renumber = Callable[[int, NDArray[np.integer]], NDArray[np.integer]]

BLOCKS_AT_ONCE = 16
"""Blocks that are packed together, as numpy takes about as long for one of them."""


def merge_definitions(
    segments: Sequence[Segment],
    masks: Sequence[Mask],
    kinds: Renumber,
    files: NDArray[np.void],
    chunks: NDArray[np.void],
) -> dict[str, Iterable[Piece]]:
    """Return the sections of the definitions of the files for which the masks bool[files] are set.

    `kinds` is called with the index of a segment in `segments` and with numbers of its kinds, and
    returns their new numbers. `files` and `chunks` are the merged tables.
    """
    sources = [
        segment.sorted_names()._replace(used=None if mask.all() else _used_names(segment, mask))
        for segment, mask in zip(segments, masks, strict=True)
    ]
    names = merge_names(sources)
    pairs = [np.zeros(0, np.int64)]
    rows = _paired(_merged_rows(segments, masks, kinds, names), ChunkFinder(files, chunks), pairs)
    sections = frame_sections("definitions", "definition_blocks", _records(rows))
    return {**sections, **name_sections(names.blocks, np.concatenate(pairs))}


def _paired(
    batches: Iterable[NDArray[np.void]], finder: ChunkFinder, pairs: list[NDArray[np.int64]]
) -> Iterator[NDArray[np.void]]:
    """Yield the rows of definitions unchanged; append what `finder.pairs` returns to `pairs`."""
    first = 0
    for rows in batches:
        pairs.append(finder.pairs(rows, first))
        first += len(rows)
        yield rows


def _live_rows(segment: Segment, mask: Mask) -> Iterator[NDArray[np.void]]:
    """Yield the rows of the definitions of some files of a segment, block by block."""
    live, first = np.repeat(mask, segment.files["definitions"]), 0
    for rows in segment.definition_rows():
        kept = live[first : first + len(rows)]
        first += len(rows)
        yield rows if kept.all() else rows[kept]


def _used_names(segment: Segment, mask: Mask) -> Mask:
    """Return a mask of the names of the definitions in some files, and of their owners.

    The mask may be longer than the list of names.
    """
    names = segment.sorted_names()
    used = np.zeros(1 + len(names.heads) * names.per, bool)
    for rows in _live_rows(segment, mask):
        used[rows["owner"]] = True
        used[rows["name"] + np.int64(1)] = True
    return used[1:]


def _merged_rows(
    segments: Sequence[Segment], masks: Sequence[Mask], kinds: Renumber, names: MergedNames
) -> Iterator[NDArray[np.void]]:
    """Yield the rows to keep, block by block, with the new numbers of names and kinds."""
    for number, (segment, mask) in enumerate(zip(segments, masks, strict=True)):
        new = names.numbers[number]
        for rows in _live_rows(segment, mask):
            rows["kind"] = kinds(number, rows["kind"])
            rows["name"] = new[rows["name"] + np.int64(1)] - 1
            rows["owner"] = new[rows["owner"]]
            yield rows


def _records(batches: Iterable[NDArray[np.void]]) -> Iterator[bytes]:
    """Yield blocks of definitions, given their rows in batches of any size."""
    at_once = BLOCKS_AT_ONCE * DEFINITIONS_PER_BLOCK
    pending: list[NDArray[np.void]] = []
    count = 0
    for rows in batches:
        pending.append(rows)
        count += len(rows)
        if count >= at_once:
            joined = np.concatenate(pending)
            whole = count // DEFINITIONS_PER_BLOCK * DEFINITIONS_PER_BLOCK
            yield from definition_records(joined[:whole])
            pending, count = [joined[whole:]], count - whole
    if count:
        yield from definition_records(np.concatenate(pending))
