"""The cosine of the query with the mean of the vectors of all chunks of a file.

It distinguishes a file that is wholly about the query from a file of which only one chunk
happens to be about it. If a file has many chunks, a sample stands for all (see `candidate_files`).
Only integers are added up, so the result does not depend on which other files are looked at
together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.text.csr import joined

if TYPE_CHECKING:
    from codelode.search.candidate_files import CandidateFiles
    from codelode.search.dense import Products


def mean_cosines(files: CandidateFiles, products: Products) -> NDArray[np.float32]:
    """Return the cosine of a query with the mean vector of each file, float32[n]."""
    chunks = [(part.number, files.sample[part.sample]) for part in files.parts]
    scales = joined([files.shard.segment(number).scales[mine] for number, mine in chunks])
    dots = joined([products.of(number, mine) for number, mine in chunks]).astype(np.int64)
    sums = np.add.reduceat(dots * scales, files.begins)
    lengths = _lengths(files, scales)
    cosines: NDArray[np.float64] = sums * float(products.step) / np.maximum(lengths, 1e-9)
    return cosines.astype(np.float32)


def _lengths(files: CandidateFiles, scales: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return the length of the sum of each file's vectors, in units of `SCALE_UNIT`, float32[n].

    `scales` uint16[m] are the scales of sampled chunks. The lengths are kept for the next query.
    """
    known = files.shard.mean_norms
    lengths = joined([known[part.number][part.rows] for part in files.parts])
    for number, rows, places, sample in files.parts if (lengths < 0).any() else ():
        new = np.flatnonzero(lengths[places] < 0)
        if len(new):
            begins = files.begins[places] - sample.start
            picked, starts = _rows_of(new, begins, sample.stop - sample.start)
            codes = files.shard.segment(number).codes.take(files.sample[sample][picked], axis=0)
            found = _norms(codes, scales[sample][picked], starts)
            lengths[places][new] = known[number][rows[new]] = found
    return lengths


def _rows_of(
    which: NDArray[np.intp], begins: NDArray[np.int64], total: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the sample for the files `which`, and the offset of each file's rows."""
    lengths = np.diff(begins, append=total)[which]
    starts = np.cumsum(lengths) - lengths
    rows = np.arange(int(lengths.sum())) + np.repeat(begins[which] - starts, lengths)
    return rows, starts


def _norms(
    codes: NDArray[np.int8], scales: NDArray[np.uint16], starts: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the lengths of sums of vectors, in units of `SCALE_UNIT`, float32[n].

    Each sum is over the rows from one of `starts` to the next.
    """
    sums = np.add.reduceat(codes * scales[:, None].astype(np.int32), starts, axis=0)
    squares = np.square(sums.astype(np.float64)).sum(axis=1)
    lengths: NDArray[np.float64] = np.sqrt(squares)
    return lengths.astype(np.float32)
