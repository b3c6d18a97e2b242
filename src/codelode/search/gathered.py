"""The contribution of one shard to an answer: candidates and local features, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.chunk_rows import ChunkRows

if TYPE_CHECKING:
    from typing import Self

FEATURES = (
    "cosine",  # cosine of the chunk with the query
    "bm25",  # BM25 of the chunk, as a share of the best candidate's
    "coverage",  # share of the query's weight that occurs in the chunk
    "file_bm25",  # sum of BM25 over the file's candidates, as a share of the best file's
    "file_coverage",  # share of the query's weight that occurs in any candidate of the file
    "file_mean",  # cosine of the query with the mean vector of the file
    "file_defines",  # share of query weight in words that begin a part of a symbol of the file
    "cosine_share",  # best cosine among the file's candidates, as a share of the best file's
    "name_loose",  # mean likeness of the parts of the file's name to the query's words
    "depth",  # logarithm of 1 + the number of folders above the file
    "path",  # share of the query's weight that occurs in the path
    "file",  # how well the chunk matches a path, and a line in it, that the query names
    "as_written",  # 1 if the query occurs in the chunk, unless it is a few words or a defined name
    "run",  # 1 if all words of the query stand in the chunk in order, one after another
    "named",  # grade of the chunk if the whole query is a name that it defines: see `named`
    "defines",  # how well the chunk defines a name that the query gives
    "test",  # 1 for tests, specs, fixtures, benchmarks
    "example",  # 1 for examples, demos, samples, documentation
    "generated",  # 1 for vendored, generated or minified files, and for typing stubs
    "prose",  # 1 for files that are not program code
    "docs",  # 1 for files that are documentation
    "test_asked",  # in tests: share of the query's weight in words that ask for tests; else 0
    "prose_asked",  # if not code: share of query weight in words that ask for such files; else 0
)
COLUMN = {name: column for column, name in enumerate(FEATURES)}

PROPOSERS = ("dense", "lexical", "definitions", "files", "near names", "matches")
"""The two legs, the chunks that define a name in the query, the chunks of files it names, those
that define a name near to the query's, and the matches of patterns if there is no query."""


@dataclass(frozen=True, slots=True, eq=False)
class Gathered(ChunkRows):
    """n candidates of a shard, in the order of their keys.

    | array     | dtype and shape       | per candidate, beside the arrays of `ChunkRows`        |
    |-----------|-----------------------|--------------------------------------------------------|
    | proposals | float32[n, proposers] | score with each of `PROPOSERS`, -inf if not proposed   |
    | covered   | bool[n, terms]        | the terms that occur in it                             |
    | features  | float32[n, features]  | those of `FEATURES` that need no other candidate       |

    The features that need other candidates are 0 until `rank` sets them, and "bm25" is the score
    itself, not yet a share.
    """

    proposals: NDArray[np.float32]
    covered: NDArray[np.bool_]
    features: NDArray[np.float32]

    @classmethod
    def empty(cls, keys: NDArray[np.int64], terms: int) -> Self:
        """Return candidates with only their keys filled in."""
        n = len(keys)
        return cls(
            keys=keys,
            files=np.zeros(n, np.int64),
            paths=np.zeros(n, np.uint64),
            starts=np.zeros(n, np.uint32),
            proposals=np.full((n, len(PROPOSERS)), -np.inf, np.float32),
            covered=np.zeros((n, terms), bool),
            features=np.zeros((n, len(FEATURES)), np.float32),
        )

    def feature(self, name: str) -> NDArray[np.float32]:
        """Return a column of the features, float32[n]: a view."""
        return self.features[:, COLUMN[name]]
