"""The share of a query that paths and names of symbols hold.

Each query has some hundred candidates that no query had before, so words are cached by folder, by
file name and by symbol name, not by file.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.text.tokens import text_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

_REMEMBERED = 1 << 14

Weights = Mapping[str, float]
"""The share of each term in the weight of the query."""

Share = tuple[float, float]
"""The share of the query's weight that some words hold, and the share of the words in the query."""


def shares_of_paths(paths: Sequence[bytes], weights: Weights) -> NDArray[np.float32]:
    """Return float32[n, 3]: the share of the query's weight in each path, and its stem's `Share`s.

    The stem is the file's name up to its first dot.
    """
    shares = np.zeros((len(paths), 3), np.float32)
    for i in _rows_with_terms(paths, weights):
        folder, _, name = paths[i].decode("utf-8", "surrogateescape").rpartition("/")
        above, own = _words(folder), _words(name)
        held = [weight for term, weight in weights.items() if term in above or term in own]
        if held:
            shares[i] = sum(held), *share_of_name(name.partition(".")[0] or name, weights)
    return shares


def shares_of_names(names: Sequence[bytes], weights: Weights) -> NDArray[np.float32]:
    """Return the `Share` of each name, float32[n, 2]."""
    shares = np.zeros((len(names), 2), np.float32)
    for i in _rows_with_terms(names, weights):
        shares[i] = share_of_name(names[i].decode("utf-8", "replace"), weights)
    return shares


def share_of_name(text: str, weights: Weights) -> Share:
    """Return the `Share` of a name."""
    words = _words(text)
    held = [weight for term, weight in weights.items() if term in words]
    return (sum(held), len(held) / len(words)) if held else (0.0, 0.0)


def _rows_with_terms(names: Sequence[bytes], weights: Weights) -> set[int]:
    """Return the rows of all names that hold a term of the query, and of few others.

    The words of an ASCII name are pieces of it in lower case. Most names hold no term, and one
    search in all names together finds those that do: the others are never split into words.
    """
    joined = b"\n".join(names).lower()
    ends = list(accumulate([len(name) + 1 for name in names]))
    rows: set[int] = set()
    if not joined.isascii():
        rows.update(i for i, name in enumerate(names) if not name.isascii())
    for term in weights:
        needle = term.encode("utf-8", "replace")
        at = joined.find(needle)
        while at >= 0:
            row = bisect_right(ends, at)
            rows.add(row)
            at = joined.find(needle, ends[row])
    return rows


@lru_cache(_REMEMBERED)
def _words(text: str) -> frozenset[str]:
    return frozenset(text_parts(text))
