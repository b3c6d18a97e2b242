"""What paths and names of symbols say: their words, and what kind of file it is.

Every query asks for those of some hundred files and chunks it was never asked about before, so what
can be is remembered by folder, by file name and by name, not by file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from itertools import accumulate
from operator import add
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codelode.tokens import text_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.segment.reader import Segment

_TEST = re.compile(
    r"(^|/)(tests?|testing|specs?|__tests__|testdata|fixtures?|mocks?|bench(marks?)?)(/|$)"
    r"|(^|/)(test_|conftest\.)|[._-](test|tests|spec|bench)\.[a-z]+$|[a-z](Test|Tests|Spec|Suite)\.[a-z]+$",
)
_EXAMPLE = re.compile(
    r"(^|/)(examples?|demos?|samples?|docs?|tutorials?|doc_src|guides?|playground|stories)(/|$)"
    r"|\.(story|stories)\.",
    re.I,
)
_GENERATED = re.compile(
    r"(^|/)(vendor|vendored|third_?party|node_modules|dist|generated|gen|migrations|_vendor|compat|legacy|deprecated)(/|$)"
    r"|\.min\.|\.d\.ts$|\.pyi$|_pb2|\.pb\.|\.generated\.|[._-]gen\.|\.g\.",
    re.I,
)
_REEXPORT = re.compile(
    r"(^|/)(__init__\.py|index\.[jt]sx?|mod\.rs|lib\.rs|package\.scala|package-info\.java)$"
)
_REMEMBERED = 1 << 14

Weights = Mapping[str, float]
"""The share of the query's weight that each of its terms has."""

Share = tuple[float, float]
"""The share of the query's weight in some words, and the share of the words that the query has."""


class PathValues(NamedTuple):
    """What a path says; all but the shares are 0 or 1."""

    path: float
    stem: float
    stem_exact: float
    test: float
    example: float
    generated: float
    reexport: float


def values_of_paths(
    segment: Segment, files: NDArray[np.uint32], weights: Weights
) -> list[PathValues]:
    """Of some files."""
    rows = segment.files
    paths = _slices(segment, "paths", rows["path_start"][files], rows["path_length"][files])
    return path_values(paths, weights)


def shares_of_symbols(
    segment: Segment, chunks: NDArray[np.void], weights: Weights
) -> NDArray[np.float32]:
    """Of the names of the symbols of some rows of the table of chunks: a `Share` each."""
    names = _slices(segment, "symbols", chunks["symbol_start"], chunks["symbol_length"])
    shares = np.zeros((len(names), 2), np.float32)
    for i in _holding(names, weights):
        shares[i] = share_of(names[i].decode("utf-8", "replace"), weights)
    return shares


def path_values(paths: Sequence[bytes], weights: Weights) -> list[PathValues]:
    """What some paths say to a query."""
    holding = _holding(paths, weights)
    values = []
    for i, path in enumerate(paths):
        folder, slash, name = path.decode("utf-8", "surrogateescape").rpartition("/")
        folder += slash
        shares = _shares_of_path(folder, name, weights) if i in holding else (0.0, 0.0, 0.0)
        # No pattern reaches over a slash, but to see that there is one or the end.
        above, own = _flags(folder), _flags(name)
        flags = max(above[0], own[0]), max(above[1], own[1]), max(above[2], own[2]), own[3]
        values.append(PathValues(*shares, *flags))
    return values


def share_of(text: str, weights: Weights) -> Share:
    """How much of a query is in the words of a name, and how much of these in it."""
    words = _words(text)
    found = [weight for term, weight in weights.items() if term in words]
    return (sum(found), len(found) / len(words)) if found else (0.0, 0.0)


def _shares_of_path(folder: str, name: str, weights: Weights) -> tuple[float, float, float]:
    """The share of the query's weight in the path; that in the stem, and how much of it that is."""
    above, own = _words(folder), _words(name)
    found = [weight for term, weight in weights.items() if term in above or term in own]
    stem = share_of(name.partition(".")[0] or name, weights) if found else (0.0, 0.0)
    return sum(found), *stem


def _holding(names: Sequence[bytes], weights: Weights) -> set[int]:
    """Which of some names may have a word that is a term of the query: no others have.

    The words of an ASCII name, in lower case, are pieces of it. Most names hold none, which is
    seen without splitting them.
    """
    joined = b"\n".join(names).lower()
    ends = list(accumulate(len(name) + 1 for name in names))
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


@lru_cache(_REMEMBERED)
def _flags(path: str) -> tuple[float, float, float, float]:
    """Of a folder with its final slash, or of a name: test, example, generated, re-export."""
    return (
        float(_TEST.search(path) is not None),
        float(_EXAMPLE.search(path) is not None),
        float(_GENERATED.search(path) is not None),
        float(_REEXPORT.search(path) is not None),
    )


def _slices(
    segment: Segment, section: str, starts: NDArray[np.uint32], lengths: NDArray[np.generic]
) -> list[bytes]:
    """Pieces of a section, from one read of all from the first to the last."""
    begins: list[int] = starts.tolist()
    ends = list(map(add, begins, lengths.tolist()))
    base = min(begins)
    read = segment.file.read(section, base, max(ends))
    return [bytes(read[begin - base : end - base]) for begin, end in zip(begins, ends, strict=True)]
