"""Code that is similar in meaning to a place: the chunks nearest to the chunk at the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.errors import UsageError
from codelode.search.candidates import Candidates, chunk_keys
from codelode.search.context import QueryContext, Statistics
from codelode.search.dense import cosines, dense_candidates
from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.filters import chunk_masks
from codelode.search.hits import texts
from codelode.search.parsed_query import ParsedQuery
from codelode.search.rank import COSINE_DISCOUNT, Ranked, choose
from codelode.search.request import SearchRequest
from codelode.search.tree_part import TreePart
from codelode.segment.quantizer import in_quarters
from codelode.segment.schema import path_hash

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment
    from codelode.store.snapshot import Snapshot
    from codelode.types import Hit

_NEAREST = 100
"""Chunks that the scan brings, at least; their cosines are then computed exactly."""


def related(
    shard: Shard, root: Path, path: str, line: int, limit: int = 10, below: str = ""
) -> list[Hit]:
    """Return the hits nearest in meaning to the chunk at a line (1-based), best first.

    No hit is in the same file. As in a search, a chunk is discounted if its file has better ones.
    `path` is relative to the root of the index. If `below` is not empty, it is a folder with a
    final slash, and all hits are in it.

    Raises `UsageError` if the file is not in the index, or has no code at this line.
    """
    snapshot = shard.snapshot
    with SEARCH_LOCK.held(), snapshot.damage_explained(), snapshot.held():
        number, row = find_file(snapshot, path)
        ordinals = np.flatnonzero(shard.segment(number).chunks["file"] == row)
        vector = _vector(shard.segment(number), ordinals, path, line)
        masks = chunk_masks(shard, part=TreePart((below,)))
        enough = max(_NEAREST, 3 * limit) + len(ordinals)
        found = dense_candidates(shard, vector, masks, enough)
        rows = _file_rows(shard, found)
        others = np.flatnonzero((found.segments != number) | (rows != row))
        ranked = _ranked(shard, found[others], rows[others], vector, limit)
        return texts(shard, ranked, _context(), root)


def find_file(snapshot: Snapshot, path: str) -> tuple[int, int]:
    """Return the segment number and the row of a live file that has text.

    Raises `UsageError` if it is not in the index.
    """
    wanted = path_hash(path)
    for number, live in enumerate(snapshot.segments):
        files = live.segment.files
        matching = (files["path_hash"] == wanted) & live.files & (files["skip"] == 0)
        for row in np.flatnonzero(matching).tolist():
            if live.segment.path(row) == path:
                return number, row
    raise UsageError(f"{path} is not in the index")


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


def _file_rows(shard: Shard, found: Candidates) -> NDArray[np.int64]:
    """Return, for each candidate, the row of its file in its segment, int64[n]."""
    rows = np.zeros(len(found), np.int64)
    for number in range(len(shard)):
        mine = found.segments == number
        rows[mine] = shard.segment(number).chunks["file"][found.ordinals[mine]]
    return rows


def _ranked(
    shard: Shard,
    found: Candidates,
    rows: NDArray[np.int64],
    vector: NDArray[np.float32],
    limit: int,
) -> Ranked:
    """Order candidates by their exact cosines; ties by path hash and start."""
    scores = np.zeros(len(found), np.float32)
    paths, starts = np.zeros(len(found), np.uint64), np.zeros(len(found), np.uint32)
    for number in range(len(shard)):
        mine = found.segments == number
        ordinals = found.ordinals[mine]
        scores[mine] = cosines(shard.segment(number), ordinals, vector)
        paths[mine], starts[mine] = shard.places(number, ordinals)
    by_place = np.lexsort((starts, paths))
    files = np.unique(chunk_keys(found.segments, rows), return_inverse=True)[1]
    best = by_place[choose(files[by_place], scores[by_place], limit, COSINE_DISCOUNT)]
    return Ranked(np.zeros(len(best), np.int64), found.keys[best], scores[best], None)


def _context() -> QueryContext:
    """Return the context of a search without words.

    A hit lands on the definition that its first line belongs to.
    """
    query = ParsedQuery("", (), (), (), is_symbol=False)
    return QueryContext(SearchRequest(""), query, None, Statistics(0, 0, np.zeros(0, np.int64)))
