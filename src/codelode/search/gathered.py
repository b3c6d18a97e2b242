"""The contribution of one shard to an answer: candidates and local features, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing import Self

FEATURES = (
    "cosine",  # cosine of the chunk with the query
    "bm25",  # BM25 of the chunk, as a share of the best candidate's
    "coverage",  # share of the query's weight that occurs in the chunk
    "file_bm25",  # sum over the file's candidates, as a share of the best file's
    "file_coverage",  # share of the query's weight that occurs in any candidate of the file
    "file_mean",  # cosine of the query with the mean vector of the file
    "file_defines",  # share of query weight in words that begin parts of names the file defines
    "cosine_share",  # best cosine among the file's candidates, as a share of the best file's
    "name_loose",  # mean likeness of the parts of the file's name to the query's words
    "depth",  # logarithm of 1 + the number of folders above the file
    "path",  # share of the query's weight that occurs in the path
    "file",  # how well the chunk matches a path, and a line in it, that the query names
    "as_written",  # 1 if the query, unless it is a name or a few words, occurs in the chunk
    "run",  # 1 if all words of the query stand in the chunk in order, one after another
    "named",  # grade of the chunk if the whole query is a name that it defines: see `named`
    "defines",  # how well the chunk defines a name that the query gives
    "test",  # 1 for tests, specs, fixtures, benchmarks
    "example",  # 1 for examples, demos, samples, documentation
    "generated",  # 1 for vendored, generated, minified, typing stubs
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
class Gathered:
    """n candidates of a shard, in the order of their keys: plain arrays, without the index.

    | array     | dtype and shape       | per candidate                                          |
    |-----------|-----------------------|--------------------------------------------------------|
    | keys      | int64[n]              | `chunk_keys` in its shard                              |
    | files     | int64[n]              | `chunk_keys` of the segment and the file's row         |
    | paths     | uint64[n]             | hash of the path                                       |
    | starts    | uint32[n]             | first byte in the file's text                          |
    | proposals | float32[n, proposers] | score with each of `PROPOSERS`, -inf if not proposed   |
    | covered   | bool[n, terms]        | the terms that occur in it                             |
    | features  | float32[n, features]  | those of `FEATURES` that need no other candidate       |

    The features by file are 0 until `rank` adds them, and "bm25" is the score itself.
    """

    keys: NDArray[np.int64]
    files: NDArray[np.int64]
    paths: NDArray[np.uint64]
    starts: NDArray[np.uint32]
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

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Concatenate the candidates of several shards; do not copy those of a single shard."""
        if len(parts) == 1:
            return parts[0]
        names = cls.__dataclass_fields__
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, rows: slice | NDArray[np.intp | np.bool_]) -> Self:
        """Return some of the candidates; a slice shares memory with these arrays."""
        return type(self)(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def feature(self, name: str) -> NDArray[np.float32]:
        """Return a column of the features, float32[n]: a view."""
        return self.features[:, COLUMN[name]]
