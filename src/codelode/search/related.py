"""Code that is similar in meaning to a place: the chunks nearest to the chunk at the place.

`anchor_at` finds the place in the shard that has its file. `near_in` is the local half of the
ranking: the nearest chunks of a shard. `nearest` is the global half
of the ranking, which needs no segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.errors import UsageError
from codelode.search.candidates import best_rows, chunk_keys
from codelode.search.chunk_rows import ChunkRows
from codelode.search.context import QueryContext, Statistics
from codelode.search.dense import cosines, dense_candidates
from codelode.search.filters import chunk_masks
from codelode.search.hits import texts
from codelode.search.one_file import find_file, not_in_the_index
from codelode.search.parsed_query import ParsedQuery
from codelode.search.rank import COSINE_DISCOUNT, Ranked, choose
from codelode.search.request import SearchRequest
from codelode.search.tree_part import TreePart
from codelode.segment.quantizer import in_quarters
from codelode.text.lines import line_starts

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment
    from codelode.types import Hit

_NEAREST = 100
"""Chunks that the scan brings, at least; their cosines are then computed exactly."""


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """A place in a file: the unit vector float32[d] of its chunk, and the chunks of the file."""

    path: str
    vector: NDArray[np.float32]
    chunks: int

    def enough(self, limit: int) -> int:
        """Return how many chunks the scan must find for `limit` hits outside the anchor's file."""
        return max(_NEAREST, 3 * limit) + self.chunks


@dataclass(frozen=True, slots=True, eq=False)
class Near(ChunkRows):
    """The n chunks of a shard that are nearest to an anchor.

    | array   | dtype and shape | per chunk, beside the arrays of `ChunkRows` |
    |---------|-----------------|---------------------------------------------|
    | scanned | float32[n]      | cosine, as the scan of the codes finds it   |
    | cosines | float32[n]      | cosine, with residuals                      |
    | own     | bool[n]         | whether it is in the file of the anchor     |
    """

    scanned: NDArray[np.float32]
    cosines: NDArray[np.float32]
    own: NDArray[np.bool_]


def related(
    shard: Shard, root: Path | None, path: str, line: int, limit: int = 10, below: str = ""
) -> list[Hit]:
    """Return the hits nearest in meaning to the chunk at a line (1-based), best first.

    No hit is in the same file. As in a search, a chunk is discounted if its file has better ones.
    `path` is relative to the root of the index. If `below` is not empty, it is a folder with a
    final slash, and all hits are in it. Without a root, no hit is marked as stale.

    Raises `UsageError` if the file is not in the index, or has no code at this line, or no such
    line.
    """
    with shard.searched():
        anchor = anchor_at(shard, path, line)
        if anchor is None:
            raise not_in_the_index(path)
        near = near_in(shard, anchor, limit, TreePart((below,)))
        return texts(shard, nearest([near], anchor, limit), wordless_context(), root)


def anchor_at(shard: Shard, path: str, line: int) -> Anchor | None:
    """Return the anchor at a line (1-based) of a file; None if the file is not in the shard.

    The caller holds the snapshot. Raises `UsageError` if there is no such line, or no code in it.
    """
    found = find_file(shard, path)
    if found is None:
        return None
    number, row = found
    ordinals = np.flatnonzero(shard.segment(number).chunks["file"] == row)
    _check_line(shard.segment(number), row, path, line)
    return Anchor(path, _vector(shard.segment(number), ordinals, path, line), len(ordinals))


def near_in(shard: Shard, anchor: Anchor, limit: int, part: TreePart) -> Near:
    """Return the chunks in a part of a shard that are nearest to an anchor.

    The caller holds the snapshot.
    """
    masks = chunk_masks(shard, part=part)
    found = dense_candidates(shard, anchor.vector, masks, anchor.enough(limit))
    rows = np.zeros(len(found), np.int64)
    exact = np.zeros(len(found), np.float32)
    paths, starts = np.zeros(len(found), np.uint64), np.zeros(len(found), np.uint32)
    for number in range(len(shard)):
        mine = found.segments == number
        ordinals = found.ordinals[mine]
        segment = shard.segment(number)
        rows[mine] = segment.chunks["file"][ordinals]
        exact[mine] = cosines(segment, ordinals, anchor.vector)
        paths[mine], starts[mine] = shard.places(number, ordinals)
    home = find_file(shard, anchor.path) or (-1, -1)
    own = (found.segments == home[0]) & (rows == home[1])
    files = chunk_keys(found.segments, rows)
    return Near(found.keys, files, paths, starts, found.scores, exact, own)


def nearest(parts: Sequence[Near], anchor: Anchor, limit: int) -> Ranked:
    """Return the chunks to show, given the nearest chunks of each shard.

    There is at least one shard. The chunks are ordered by their exact cosines; ties by path hash
    and start.
    """
    near = Near.join(parts)
    near = near[
        best_rows(near.scanned, anchor.enough(limit), lambda r: (near.paths[r], near.starts[r]))
    ]
    near = near[~near.own]
    near = near[np.lexsort((near.starts, near.paths))]
    files = np.unique(near.files, return_inverse=True)[1]
    best = choose(files, near.cosines, limit, COSINE_DISCOUNT)
    return Ranked(np.zeros(len(best), np.int64), near.keys[best], near.cosines[best], None)


def wordless_context() -> QueryContext:
    """Return the context of a search without words.

    A hit lands on the definition that its first line belongs to.
    """
    query = ParsedQuery(text="", terms=(), names=(), files=(), is_symbol=False)
    return QueryContext(
        SearchRequest(""), query, None, Statistics(chunks=0, tokens=0, counts=np.zeros(0, np.int64))
    )


def _check_line(segment: Segment, row: int, path: str, line: int) -> None:
    """Raise `UsageError` for a line after the last line of a file as it was indexed."""
    lines = len(line_starts(segment.text(row, 0, int(segment.files["text_bytes"][row]))))
    if line > lines:
        raise UsageError(f"{path} has no line {line}: its last line in the index is {lines}")


def _vector(
    segment: Segment, ordinals: NDArray[np.intp], path: str, line: int
) -> NDArray[np.float32]:
    """Return the unit vector float32[d] of the chunk of a file that holds a line."""
    chunks = segment.chunks[ordinals]
    at = int(np.searchsorted(chunks["start_line"], line, side="right")) - 1
    chosen = ordinals[max(at, 0) : max(at, 0) + 1].astype(np.int64)
    if not len(chosen):
        raise UsageError(f"{path} has no code to compare")
    vector = in_quarters(segment.codes[chosen], segment.residuals(chosen))[0].astype(np.float32)
    if not segment.scales[chosen].any():
        raise UsageError(f"{path}:{line} has no words to compare")
    unit: NDArray[np.float32] = vector / np.linalg.norm(vector)
    return unit
