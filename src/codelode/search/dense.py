"""The semantic leg: an exact scan of the int8 codes, then the best scored again more exactly.

The query is quantized too, so that the scan is integer arithmetic at memory bandwidth; the
survivors are scored with the query as floats, which halves the error of quantization.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import simsimd
from numpy.typing import NDArray

from codelode.search.candidates import Candidates, TopK
from codelode.segment.quantizer import quantize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.filters import Mask
    from codelode.segment.reader import Segment
    from codelode.store.snapshot import Snapshot

RUNS_PER_GATHER = 64
"""With more separate runs of allowed rows than this, copying the rows is cheaper."""


def dense_candidates(
    snapshot: Snapshot, vector: NDArray[np.float32], masks: Sequence[Mask], k: int
) -> Candidates:
    """The k chunks nearest to a unit vector float32[d], with their cosines."""
    codes, scales = quantize(vector[None, :])
    best = TopK(k)
    for number, (live, mask) in enumerate(zip(snapshot.segments, masks, strict=True)):
        scores, ordinals = _scan(live.segment, codes, mask)
        picked = live.segment.scales if ordinals is None else live.segment.scales[ordinals]
        best.offer(number, scores * (picked * scales[0]), ordinals)
    return best.result()


def cosines(
    segment: Segment, ordinals: NDArray[np.int64], vector: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Cosines float32[n] of some chunks with the query as floats.

    Summed in float64 row by row: a matrix product could round differently in other company.
    """
    products = segment.codes[ordinals] * vector.astype(np.float64)
    sums: NDArray[np.float64] = products.sum(axis=1) * segment.scales[ordinals]
    return sums.astype(np.float32)


def _scan(
    segment: Segment, query: NDArray[np.int8], mask: Mask
) -> tuple[NDArray[np.float32], NDArray[np.int64] | None]:
    """Integer dot products, as float32, and which ordinals they are of (None: all)."""
    if mask is None or mask.all():
        return _dots(query, segment.codes), None
    ordinals = np.flatnonzero(mask)
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False)).reshape(-1, 2)
    if len(edges) > RUNS_PER_GATHER:
        return _dots(query, segment.codes[ordinals]), ordinals
    runs = [_dots(query, segment.codes[start:stop]) for start, stop in edges]
    return np.concatenate([*runs, np.zeros(0, np.float32)]), ordinals


def _dots(query: NDArray[np.int8], codes: NDArray[np.int8]) -> NDArray[np.float32]:
    if not len(codes):
        return np.zeros(0, np.float32)
    # Not with `out=`: that takes a reference to None it does not own, and CPython 3.11 dies of it
    # after some thousand queries.
    products = simsimd.cdist(query, codes, "dot", out_dtype="float32")
    row: NDArray[np.float32] = np.asarray(products)[0]
    return row
