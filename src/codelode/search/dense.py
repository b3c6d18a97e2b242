"""The dense leg: an exact scan of the int8 codes.

The query is quantized too, so the scan is integer arithmetic at memory bandwidth. `cosines` scores
the best chunks again with the query as floats and with the residuals of their codes, which leaves
a third of the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import numpy as np
import simsimd
from numpy.typing import NDArray

from codelode.search.candidates import Candidates, TopK
from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.parallel_scan import shared_out
from codelode.segment.quantizer import QUARTER_UNIT, SCALE_UNIT, in_quarters, scan_codes
from codelode.text.csr import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.search.filters import Mask
    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment

SHARED_ROWS = 1 << 16
"""From this many rows on, idle cores help; for fewer, starting them costs as much."""

RELEASING_ROWS = 1 << 13
"""A scan of this many rows releases the search lock; for fewer, passing it on costs as much."""

KEPT_ROWS = 1 << 20
"""The products of a scan of fewer rows are kept until the end of the search: 4 MB at most."""

_ROWS_PER_RUN = 150
_ROWS_PER_COPY = 1
"""The costs of starting another run of rows, and of copying a row together, in rows scanned."""


def dense_candidates(
    shard: Shard, vector: NDArray[np.float32], masks: Sequence[Mask], k: int
) -> Candidates:
    """Return the k allowed chunks nearest to a unit vector float32[d], with their cosines."""
    with dense_scan(Products(shard, vector), masks, k) as best:
        pass
    return best.result()


class Products:
    """The dot products of the codes of a query with the codes of the chunks of a shard.

    They are whole numbers. If a segment was scanned as a whole, its products are kept, because the
    features of candidates need some of them again.
    """

    def __init__(self, shard: Shard, vector: NDArray[np.float32]) -> None:
        """Take the unit vector float32[d] of the query."""
        self.shard = shard
        self.codes, self.step = scan_codes(vector)
        """The codes int8[1, d] of the query, and their factor."""
        self._kept: dict[int, NDArray[np.float32]] = {}

    def keep(self, number: int, products: NDArray[np.float32]) -> None:
        """Keep the products of the query with all chunks of a segment."""
        self._kept[number] = products

    def of(self, number: int, chunks: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the products of the query with some chunks of a segment, float32[n]."""
        kept = self._kept.get(number)
        if kept is not None:
            return kept.take(chunks)
        return _dots(self.codes, self.shard.segment(number).codes.take(chunks, axis=0))


@contextmanager
def dense_scan(products: Products, masks: Sequence[Mask], k: int) -> Iterator[TopK]:
    """Find the k chunks nearest to a query; yield a `TopK` that has them once the block ends.

    In a large shard, idle cores scan while the block does something else.
    """
    shard, unit = products.shard, products.step * SCALE_UNIT
    best = TopK(k, shard.places)
    numbers = [number for number, mask in enumerate(masks) if mask is None or len(mask)]
    rows = sum(_rows(shard.segment(number), masks[number]) for number in numbers)

    def offer(number: int, dots: NDArray[np.float32], ordinals: NDArray[np.uint16] | None) -> None:
        scales = shard.segment(number).scales
        scores = dots * (scales if ordinals is None else scales[ordinals])
        scores *= unit
        best.offer(number, scores, ordinals)

    def scan(number: int) -> None:
        dots, ordinals = _scan(shard.segment(number), products.codes, masks[number])
        if rows >= KEPT_ROWS:
            offer(number, dots, ordinals)
            return
        # With few rows, only scan here: any further step would make a helper wait for the
        # interpreter's lock.
        scanned.append((number, dots, ordinals))
        if ordinals is None:
            products.keep(number, dots)

    scanned: list[tuple[int, NDArray[np.float32], NDArray[np.uint16] | None]] = []
    with shared_out(scan, numbers, helpers=len(numbers) if rows >= SHARED_ROWS else 0):
        yield best
    for each in scanned:
        offer(*each)


def cosines(
    segment: Segment, ordinals: NDArray[np.int64], vector: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the cosines float32[n] of chunks with a unit vector, residuals included."""
    return cosines_of([(segment, ordinals)], vector)


def cosines_of(
    chunks: Sequence[tuple[Segment, NDArray[np.int64]]], vector: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the cosines of chunks of at least one segment, float32[n].

    `chunks` are the segments, each with ordinals. The products are summed in float64 row by row,
    because a matrix product could round a row differently depending on the other rows.
    """
    codes = joined([segment.codes.take(ordinals, axis=0) for segment, ordinals in chunks])
    residuals = joined([segment.residuals(ordinals) for segment, ordinals in chunks])
    scales = joined([segment.scales[ordinals] for segment, ordinals in chunks])
    rows = in_quarters(codes, residuals).astype(np.float64)
    sums = np.einsum("ij,j->i", rows, vector.astype(np.float64))
    exact: NDArray[np.float64] = sums * (scales * QUARTER_UNIT)
    return exact.astype(np.float32)


def _rows(segment: Segment, mask: Mask) -> int:
    return len(segment.codes) if mask is None else len(mask)


def _scan(
    segment: Segment, query: NDArray[np.int8], mask: Mask
) -> tuple[NDArray[np.float32], NDArray[np.uint16] | None]:
    """Return integer dot products, as float32, and the ordinals of their chunks (None: all).

    Scans what is cheapest: each range of allowed rows, a copy of all allowed rows, or every row.
    """
    codes = segment.codes
    if mask is None:
        return _dots(query, codes), None
    by_run = len(mask) + _ROWS_PER_RUN * len(mask.runs)
    by_copy = len(mask) * (1 + _ROWS_PER_COPY)
    if min(by_run, by_copy) > len(codes):
        return _dots(query, codes)[mask.ordinals], mask.ordinals
    if by_copy < by_run:
        rows = codes.take(mask.ordinals.astype(np.intp), axis=0)  # twice as fast as `codes[...]`
        return _dots(query, rows), mask.ordinals
    runs = [_dots(query, codes[start:stop]) for start, stop in mask.runs.tolist()]
    return np.concatenate(runs), mask.ordinals


def _dots(query: NDArray[np.int8], codes: NDArray[np.int8]) -> NDArray[np.float32]:
    if not len(codes):
        return np.zeros(0, np.float32)
    # Not with `out=`: each such call loses a reference to None, and CPython 3.11 crashes after a
    # few thousand queries.
    with SEARCH_LOCK.released() if len(codes) >= RELEASING_ROWS else nullcontext():
        products = simsimd.cdist(query, codes, "dot", out_dtype="float32")
    row: NDArray[np.float32] = np.asarray(products)[0]
    return row
