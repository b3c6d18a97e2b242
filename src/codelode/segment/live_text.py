"""The text of the live files of several segments, for a merge.

Blocks that are completely live are copied; the live parts of other blocks go into new ones.
"""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codelode.segment.text import BLOCK_BYTES, BlockWriter
from codelode.text.csr import runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.segment.reader import Segment

SMALL_BLOCK_BYTES = BLOCK_BYTES // 4
"""Smaller blocks are joined with their neighbors."""


def copy_live(segments: Sequence[Segment], live: Sequence[NDArray[np.bool_]]) -> BlockWriter:
    """Return the text of the live files of several segments; `live` are masks bool[files]."""
    blocks = [block for s, mask in zip(segments, live, strict=True) for block in _live(s, mask)]
    odd = [block.small or not block.whole for block in blocks]
    writer = BlockWriter()
    for block, before, after in zip(blocks, [False, *odd], [*odd[1:], False], strict=False):
        if block.whole and not (block.small and (before or after)):
            writer.copy(*block.segment.frame(block.number))
            continue
        text = memoryview(block.segment.block(block.number))
        for start, end in block.pieces:
            writer.add(text[start:end])
    writer.flush()
    return writer


class _Block(NamedTuple):
    """A block that is not wholly dead, and the ranges of its bytes that are live."""

    segment: Segment
    number: int
    pieces: list[tuple[int, int]]
    whole: bool
    small: bool


def _live(segment: Segment, mask: NDArray[np.bool_]) -> Iterator[_Block]:
    """Yield the blocks of a segment that hold some of the files of `mask`."""
    files = segment.files
    starts = files["text_start"].astype(np.int64)
    ends = starts + files["text_bytes"]
    live = [(int(starts[first]), int(ends[stop - 1])) for first, stop in runs_of(mask).tolist()]
    at = 0
    for number, (begin, end) in enumerate(pairwise(segment.block_starts.tolist())):
        while at < len(live) and live[at][1] <= begin:
            at += 1
        pieces = []
        for start, stop in islice(live, at, None):
            if start >= end:
                break
            if start < stop:  # files without text have empty ranges
                pieces.append((max(start, begin) - begin, min(stop, end) - begin))
        if pieces:
            whole = pieces == [(0, end - begin)]
            yield _Block(segment, number, pieces, whole, end - begin < SMALL_BLOCK_BYTES)
