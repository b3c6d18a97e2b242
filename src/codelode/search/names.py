"""What paths and names of symbols say: their words, and what kind of file it is.

Every query asks for those of some hundred files and chunks it was never asked about before, so what
can be is remembered by folder, by file name and by name, not by file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codelode.tokens import text_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    return [path_values(path.decode("utf-8", "surrogateescape"), weights) for path in paths]


def shares_of_symbols(segment: Segment, chunks: NDArray[np.void], weights: Weights) -> list[Share]:
    """Of the names of the symbols of some rows of the table of chunks."""
    names = _slices(segment, "symbols", chunks["symbol_start"], chunks["symbol_length"])
    return [share_of(name.decode("utf-8", "replace"), weights) for name in names]


def path_values(path: str, weights: Weights) -> PathValues:
    """What a path says to a query."""
    folder, slash, name = path.rpartition("/")
    folder += slash
    # No pattern reaches over a slash, but to see that there is one or the end.
    test, example, generated, _ = _flags(folder)
    its_test, its_example, its_generated, reexport = _flags(name)
    return PathValues(
        *_shares_of_path(path, folder, name, weights),
        max(test, its_test),
        max(example, its_example),
        max(generated, its_generated),
        reexport,
    )


def _shares_of_path(
    path: str, folder: str, name: str, weights: Weights
) -> tuple[float, float, float]:
    """The share of the query's weight in the path; that in the stem, and how much of it that is."""
    if _has_none(path, weights):
        return 0.0, 0.0, 0.0
    above, own = _words(folder), _words(name)
    found = [weight for term, weight in weights.items() if term in above or term in own]
    stem = share_of(name.partition(".")[0] or name, weights) if found else (0.0, 0.0)
    return sum(found), *stem


def share_of(text: str, weights: Weights) -> Share:
    """How much of a query is in the words of a name, and how much of these in it."""
    if _has_none(text, weights):
        return 0.0, 0.0
    words = _words(text)
    found = [weight for term, weight in weights.items() if term in words]
    return (sum(found), len(found) / len(words)) if found else (0.0, 0.0)


def _has_none(text: str, weights: Weights) -> bool:
    """Whether no term can be a word of a text, as the text does not hold it: seen cheaply."""
    if not text.isascii():
        return False  # words in lower case need not be pieces of it
    lowered = text.lower()
    for term in weights:  # noqa: SIM110 - `any` costs twice as much
        if term in lowered:
            return False
    return True


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
) -> Iterator[bytes]:
    """Pieces of a section, from one read of all from the first to the last."""
    begins = starts.tolist()
    ends = [begin + length for begin, length in zip(begins, lengths.tolist(), strict=True)]
    base = min(begins)
    read = segment.file.read(section, base, max(ends))
    for begin, end in zip(begins, ends, strict=True):
        yield bytes(read[begin - base : end - base])
