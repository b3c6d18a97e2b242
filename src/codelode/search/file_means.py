"""The cosine of a query with the mean of the vectors of all chunks of a file.

It distinguishes a file that as a whole is about the query from a file of which only one chunk
happens to be about it. If a file has many chunks, a sample of `_SAMPLE` evenly spaced chunks stands
for all. Only integers are added up, so the result does not depend on which other files are looked
at together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import simsimd
from numpy.typing import NDArray

from codelode.segment.quantizer import scan_codes

if TYPE_CHECKING:
    from codelode.search.shard import Shard

_SAMPLE = 24


def sampled_chunks(
    firsts: NDArray[np.unsignedinteger], counts: NDArray[np.unsignedinteger]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ordinals of the sampled chunks of files, and where each file's sample begins.

    `firsts` and `counts` are the first chunk and the number of chunks of each file, at least 1.
    """
    counts = counts.astype(np.int64)
    taken = np.minimum(counts, _SAMPLE)
    begins = np.cumsum(taken) - taken
    places = np.arange(int(taken.sum())) - np.repeat(begins, taken)
    steps = places * np.repeat(counts, taken) // np.repeat(taken, taken)
    return np.repeat(firsts.astype(np.int64), taken) + steps, begins


def mean_cosines(
    shard: Shard,
    number: int,
    files: NDArray[np.integer],
    chunks: NDArray[np.int64],
    begins: NDArray[np.int64],
    vector: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the cosine of a unit vector float32[d] with the mean vector of each file, float32[n].

    `chunks` and `begins` are the `sampled_chunks` of the files of segment `number`. (There
    are six arguments because the sample is used for another feature, too.)
    """
    segment = shard.segment(number)
    codes, scales = segment.codes.take(chunks, axis=0), segment.scales[chunks]
    norms = shard.mean_norms[number]
    new = np.flatnonzero(norms[files] < 0)
    if len(new):
        rows, starts = _rows_of(new, begins, len(chunks))
        norms[files[new]] = _norms(codes[rows], scales[rows], starts)
    query, step = scan_codes(vector)
    dots = np.asarray(simsimd.cdist(query, codes, "dot", out_dtype="float32"))[0]
    sums = np.add.reduceat(dots.astype(np.int64) * scales, begins)
    cosines: NDArray[np.float64] = sums * float(step) / np.maximum(norms[files], 1e-9)
    return cosines.astype(np.float32)


def _rows_of(
    which: NDArray[np.intp], begins: NDArray[np.int64], total: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the chunk rows of the files `which`, and where each file's rows begin among them."""
    lengths = np.diff(begins, append=total)[which]
    starts = np.cumsum(lengths) - lengths
    rows = np.arange(int(lengths.sum())) + np.repeat(begins[which] - starts, lengths)
    return rows, starts


def _norms(
    codes: NDArray[np.int8], scales: NDArray[np.uint16], starts: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the length of the sum of each file's vectors, in units of `SCALE_UNIT`, float32[n]."""
    sums = np.add.reduceat(codes * scales[:, None].astype(np.int32), starts, axis=0)
    squares = np.square(sums.astype(np.float64)).sum(axis=1)
    lengths: NDArray[np.float64] = np.sqrt(squares)
    return lengths.astype(np.float32)
