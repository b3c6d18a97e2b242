"""How much of a query is in paths and names of symbols.

Every query asks for those of some hundred files and chunks it was never asked about before, so what
can be is remembered by folder, by file name and by name, not by file.
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
"""The share of the query's weight that each of its terms has."""

Share = tuple[float, float]
"""The share of the query's weight in some words, and the share of the words that the query has."""


def shares_of_paths(paths: Sequence[bytes], weights: Weights) -> NDArray[np.float32]:
    """Float32[n, 3]: the share of the query's weight in each path, and the `Share` of its stem.

    The stem is the file's name up to its first dot.
    """
    shares = np.zeros((len(paths), 3), np.float32)
    for i in _holding(paths, weights):
        folder, _, name = paths[i].decode("utf-8", "surrogateescape").rpartition("/")
        above, own = _words(folder), _words(name)
        found = [weight for term, weight in weights.items() if term in above or term in own]
        if found:
            shares[i] = sum(found), *share_of(name.partition(".")[0] or name, weights)
    return shares


def shares_of_names(names: Sequence[bytes], weights: Weights) -> NDArray[np.float32]:
    """Float32[n, 2]: the `Share` of each name."""
    shares = np.zeros((len(names), 2), np.float32)
    for i in _holding(names, weights):
        shares[i] = share_of(names[i].decode("utf-8", "replace"), weights)
    return shares


def share_of(text: str, weights: Weights) -> Share:
    """How much of a query is in the words of a name, and how much of these in it."""
    words = _words(text)
    found = [weight for term, weight in weights.items() if term in words]
    return (sum(found), len(found) / len(words)) if found else (0.0, 0.0)


def _holding(names: Sequence[bytes], weights: Weights) -> set[int]:
    """Which of some names may have a word that is a term of the query: no others have.

    The words of an ASCII name, in lower case, are pieces of it. Most names hold none, which is
    seen without splitting them.
    """
    joined = b"\n".join(names).lower()
    ends = list(accumulate([len(name) + 1 for name in names]))
    found: set[int] = set()
    if not joined.isascii():
        found.update(i for i, name in enumerate(names) if not name.isascii())
    for term in weights:
        needle = term.encode("utf-8", "replace")
        at = joined.find(needle)
        while at >= 0:
            place = bisect_right(ends, at)
            found.add(place)
            at = joined.find(needle, ends[place])
    return found


@lru_cache(_REMEMBERED)
def _words(text: str) -> frozenset[str]:
    return frozenset(text_parts(text))
