"""The vocabulary of a static model: maps parts of words to table rows.

A known part has its own row. Any other part consists of its known pieces (greedy, longest first)
and one of a few thousand shared rows, its bucket, so that two unknown parts differ. The rows of the
buckets come after those of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from codelode.text.csr import ranges
from codelode.text.tokens import term_hash

BUCKETS = 2048
MIN_PIECE = 3  # characters
MAX_PIECE = 16

_MAX_PARTS = 10_000  # parts in the cache: about 3 MB when it is full

Rows = tuple[int, ...]


class FlatRows(NamedTuple):
    """The rows of several items, concatenated, and the number of rows of each: both int64."""

    rows: NDArray[np.int64]
    lengths: NDArray[np.int64]


def flat_rows(found: Sequence[Rows]) -> FlatRows:
    """Concatenate tuples of rows."""
    lengths = np.fromiter(map(len, found), np.int64, len(found))
    return FlatRows(np.fromiter(chain.from_iterable(found), np.int64, int(lengths.sum())), lengths)


class Vocabulary:
    """Finds the rows of a part, with a cache of recent parts.

    `hashes` holds the ascending `term_hash` of every known part: uint64[known].
    """

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self.known = len(hashes)
        self._hashes = hashes
        self._row_of: dict[int, int] | None = None
        self._parts: dict[str, Rows] = {}

    def rows_of_parts(self, parts: Iterable[str]) -> Rows:
        """Return the rows of parts, in order."""
        rows: Rows = ()
        for part in parts:
            rows += self.rows_of_part(part)
        return rows

    def rows_of_each(self, parts: Sequence[str], hashes: NDArray[np.uint64]) -> FlatRows:
        """Return the rows of each part; `hashes` holds their `term_hash`."""
        rows = np.searchsorted(self._hashes, hashes)
        rows[rows == self.known] = 0
        unknown = np.flatnonzero(self._hashes[rows] != hashes)
        numbers = zip(unknown.tolist(), hashes[unknown].tolist(), strict=True)
        found = flat_rows([self._rows_of_unknown(parts[i], number) for i, number in numbers])
        lengths = np.ones(len(parts), np.int64)
        lengths[unknown] = found.lengths
        flat = np.repeat(rows, lengths)
        flat[ranges((np.cumsum(lengths) - lengths)[unknown], found.lengths)] = found.rows
        return FlatRows(flat, lengths)

    def knows(self, part: str) -> bool:
        """Return whether a part has a row of its own."""
        return self._row(term_hash(part)) is not None

    def rows_of_part(self, part: str) -> Rows:
        """Return the row of a known part, or the rows of an unknown part's pieces and bucket."""
        number = term_hash(part)
        row = self._row(number)
        return self._rows_of_unknown(part, number) if row is None else (row,)

    def _rows_of_unknown(self, part: str, number: int) -> Rows:
        rows = self._parts.get(part)
        if rows is None:
            rows = (*self._pieces(part), self.known + number % BUCKETS)
            if len(self._parts) >= _MAX_PARTS:
                self._parts.clear()
            self._parts[part] = rows
        return rows

    def _pieces(self, part: str) -> Iterator[int]:
        row_of = self._row if self._row_of is None else self._row_of.get
        # On average, seven substrings of a new part are hashed. Bytes are hashed faster than text.
        text: Any = part.encode() if part.isascii() else part
        hashed: Callable[[Any], int] = xxh3_64_intdigest if part.isascii() else term_hash
        start, end = 0, len(part)
        while start + MIN_PIECE <= end:
            for stop in range(min(end, start + MAX_PIECE), start + MIN_PIECE - 1, -1):
                row = row_of(hashed(text[start:stop]))
                if row is not None:
                    yield row
                    start = stop
                    break
            else:
                start += 1

    def _row(self, number: int) -> int | None:
        """Return the row of a hash, or None if the hash is of no known part.

        Builds a dictionary (3 ms) only when there are many lookups.
        """
        if self._row_of is None:
            if len(self._parts) < 100:
                at = int(np.searchsorted(self._hashes, np.uint64(number)))
                return at if at < self.known and int(self._hashes[at]) == number else None
            self._row_of = {key: row for row, key in enumerate(self._hashes.tolist())}
        return self._row_of.get(number)
