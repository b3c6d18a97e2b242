"""The files of the candidates of all segments together, with a sample of the chunks of each file.

numpy takes as long for a few files as for a few hundred, so each step handles all segments at once
where it can.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codelode.search.candidates import split_keys
from codelode.text.csr import group_starts, joined, table_rows

if TYPE_CHECKING:
    from codelode.search.shard import Shard

_SAMPLE = 24


class Part(NamedTuple):
    """Files of one segment: `rows` int64[n]; slices of `paths` and `sample` of `CandidateFiles`."""

    number: int
    rows: NDArray[np.int64]
    files: slice
    sample: slice


class CandidateFiles:
    """Distinct files of a shard, in the order of segments and rows.

    `table` has their n rows of `Segment.files`, and `paths` their paths. `sample` int64[m] has
    the `sampled_chunks` of all files; the chunks of file i begin at `begins[i]`, int64[n].
    """

    def __init__(self, shard: Shard, keys: NDArray[np.int64]) -> None:
        """Take the keys of the files, ascending, at least one: see `chunk_keys`."""
        segments, rows = split_keys(keys)
        bounds = [*group_starts(segments).tolist(), len(keys)]
        numbers = [int(segments[start]) for start in bounds[:-1]]
        places = [slice(start, stop) for start, stop in pairwise(bounds)]
        pieces = list(zip(numbers, places, strict=True))
        self.shard = shard
        self.table = table_rows(
            [(shard.segment(number).files, rows[place]) for number, place in pieces]
        )
        self.paths: list[bytes] = []
        for number, place in pieces:
            self.paths += shard.paths_in(number, self.table[place])
        self.sample, self.begins = sampled_chunks(self.table["first_chunk"], self.table["chunks"])
        ends = [*self.begins[bounds[:-1]].tolist(), len(self.sample)]
        self.parts = [
            Part(number, rows[place], place, slice(start, stop))
            for (number, place), (start, stop) in zip(pieces, pairwise(ends), strict=True)
        ]
        """An item for each segment."""

    def path_hashes(self) -> NDArray[np.uint64]:
        """Return the path hash of each file, uint64[n]."""
        return joined([self.shard.path_hashes(part.number, part.rows) for part in self.parts])


def sampled_chunks(
    firsts: NDArray[np.unsignedinteger], counts: NDArray[np.unsignedinteger]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ordinals of the sampled chunks of files, and where each file's sample begins.

    `firsts` and `counts` are the first chunk and the number of chunks of each file, at least 1. The
    sample of a file has all of its chunks; if there are more than `_SAMPLE`, it has `_SAMPLE`
    evenly spaced ones.
    """
    counts = counts.astype(np.int64)
    taken = np.minimum(counts, _SAMPLE)
    begins = np.cumsum(taken) - taken
    of_file = np.repeat(np.arange(len(counts)), taken)
    places = np.arange(len(of_file)) - begins[of_file]
    if counts.max(initial=0) > _SAMPLE:
        places = places * counts[of_file] // taken[of_file]
    return firsts.astype(np.int64)[of_file] + places, begins
