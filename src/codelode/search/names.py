"""What paths and names of symbols say: their words, and what kind of file it is.

Every query asks for those of some hundred files and chunks it was never asked about before, so what
can be is remembered by folder, by file name and by name, not by file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codelode.tokens import text_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
_NO_WORDS: frozenset[str] = frozenset()


class PathParts(NamedTuple):
    """The words of a path, of the file's name without its suffixes, and what the path says.

    `flags` are 0 or 1: a test, an example, generated, mostly passing on what others define.
    """

    words: frozenset[str]
    stem: frozenset[str]
    flags: tuple[float, float, float, float]


def parts_of_paths(segment: Segment, files: NDArray[np.uint32]) -> Iterator[PathParts]:
    """Of some files, ascending."""
    rows = segment.files
    for path in _slices(segment, "paths", rows["path_start"][files], rows["path_length"][files]):
        yield path_parts(path.decode("utf-8", "surrogateescape"))


def parts_of_symbols(segment: Segment, chunks: NDArray[np.void]) -> Iterator[frozenset[str]]:
    """The words in the names of the symbols of some rows of the table of chunks, ascending."""
    for name in _slices(segment, "symbols", chunks["symbol_start"], chunks["symbol_length"]):
        yield _symbol_parts(name) if name else _NO_WORDS


def path_parts(path: str) -> PathParts:
    """What a path says."""
    folder, slash, name = path.rpartition("/")
    above, above_flags = _folder_parts(folder + slash)
    words, stem, flags = _name_parts(name)
    # No pattern reaches over a slash but to see that there is one, or the end.
    either = tuple(map(max, above_flags, flags))
    return PathParts(above | words, stem, either)  # type: ignore[arg-type]


def share_of(words: frozenset[str], weights: Mapping[str, float]) -> tuple[float, float]:
    """The share of the query's weight in `words`, and the share of `words` that the query has."""
    if words.isdisjoint(weights):
        return 0.0, 0.0
    common = [weight for word, weight in weights.items() if word in words]
    return sum(common), len(common) / len(words)


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


@lru_cache(_REMEMBERED)
def _symbol_parts(name: bytes) -> frozenset[str]:
    return frozenset(text_parts(name.decode("utf-8", "replace")))


@lru_cache(_REMEMBERED)
def _folder_parts(folder: str) -> tuple[frozenset[str], tuple[float, ...]]:
    return frozenset(text_parts(folder)), _flags(folder)


@lru_cache(_REMEMBERED)
def _name_parts(name: str) -> tuple[frozenset[str], frozenset[str], tuple[float, ...]]:
    stem = name.partition(".")[0] or name
    return frozenset(text_parts(name)), frozenset(text_parts(stem)), _flags(name)


def _flags(path: str) -> tuple[float, ...]:
    patterns = (_TEST, _EXAMPLE, _GENERATED, _REEXPORT)
    return tuple(float(pattern.search(path) is not None) for pattern in patterns)
