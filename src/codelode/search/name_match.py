"""The share of a query that paths and names of symbols hold.

Each query has a hundred or more candidates that no earlier query had. So words are cached by
folder, by file name and by symbol name, not by file.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.query_words import light_stem
from codelode.text.tokens import text_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codelode.search.query_words import QueryWords

_REMEMBERED = 1 << 14
_SAY_NOTHING = frozenset((b"index", b"mod", b"__init__", b"main", b"lib", b"init", b""))
"""Stems of files that say less than the names of their folders."""

Weights = Mapping[str, float]
"""The share of each term in the weight of the query."""

Share = tuple[float, float]
"""The share of the query's weight that some words hold, and the share of the words in the query."""


def shares_of_paths(paths: Sequence[bytes], weights: Weights) -> NDArray[np.float32]:
    """Return the share of the query's weight that occurs in each path, float32[n]."""
    shares = np.zeros(len(paths), np.float32)
    terms = weights.keys()
    for i in _rows_with_terms(paths, weights):
        folder, _, name = paths[i].decode("utf-8", "surrogateescape").rpartition("/")
        held = terms & _words(folder) | terms & _words(name)
        if held:
            shares[i] = sum([weight for term, weight in weights.items() if term in held])
    return shares


def share_of_name(text: str, weights: Weights) -> Share:
    """Return the two shares of the words of a name: see `Share`."""
    words = _words(text)
    held = [weight for term, weight in weights.items() if term in words]
    return (sum(held), len(held) / len(words)) if held else (0.0, 0.0)


def likeness_of_stems(paths: Sequence[bytes], words: QueryWords) -> NDArray[np.float32]:
    """Return the mean `likeness` of the parts of each file's stem to the query, float32[n].

    If a name says nothing, as in `parse/mod.rs`, the name of the folder is the stem.
    """
    stems = [path[path.rfind(b"/") + 1 :].partition(b".")[0] for path in paths]
    if not _SAY_NOTHING.isdisjoint(stems):
        both = zip(stems, paths, strict=True)
        stems = [_stem_of(path) if stem in _SAY_NOTHING else stem for stem, path in both]
    found = np.zeros(len(paths), np.float32)
    for i in _rows_with_terms(stems, words.beginnings):
        parts = _parts(stems[i].decode("utf-8", "surrogateescape"))
        found[i] = sum(map(words.likeness, parts)) / max(len(parts), 1)
    return found


def shares_of_symbols(
    symbols: bytes, ends: Sequence[int], words: QueryWords
) -> NDArray[np.float32]:
    """Return, for each row, the sum of the shares of the query words that begin parts of symbols.

    `symbols` holds the symbols of all rows in order, each followed by a newline; `ends[i]` is where
    the symbols of row i end. A word matches by its light stem. Returns float32[rows].
    """
    shares = np.zeros(len(ends), np.float32)
    lower = symbols.lower()
    for word, share in words.shares.items():
        needle = light_stem(word).encode("utf-8", "replace")
        rows: list[int] = []
        at = lower.find(needle)
        while at >= 0:
            if not _begins_part(symbols, at):
                at = lower.find(needle, at + 1)
                continue
            row = bisect_right(ends, at)
            rows.append(row)
            at = lower.find(needle, ends[row])
        shares[rows] += np.float32(share)
    return shares


def _begins_part(text: bytes, at: int) -> bool:
    """Return whether a part of an identifier begins at an offset."""
    before = text[at - 1 : at]
    return not before.isalpha() or (text[at : at + 1].isupper() and not before.isspace())


def _stem_of(path: bytes) -> bytes:
    folder, _, name = path.rpartition(b"/")
    stem = name.lstrip(b".").partition(b".")[0] or name
    return folder.rpartition(b"/")[2] if stem in _SAY_NOTHING and folder else stem


def _rows_with_terms(names: Sequence[bytes], weights: Iterable[str]) -> set[int]:
    """Return the rows of all names that hold a term of the query, and of few others.

    Most names hold no term. The words of an ASCII name are substrings of it in lower case, so one
    search in all names together finds the names that hold a term. The other ASCII names are never
    split into words.
    """
    joined = b"\n".join(names).lower()
    if joined.count(b"\n") >= len(names):  # a name has a newline
        return set(range(len(names)))
    rows: set[int] = set()
    if not joined.isascii():
        rows.update(i for i, name in enumerate(names) if not name.isascii())
    find, count = joined.find, joined.count
    for term in weights:
        needle = term.encode("utf-8", "replace")
        row = last = 0
        at = find(needle)
        while at >= 0:
            row += count(b"\n", last, at)
            rows.add(row)
            last = find(b"\n", at)
            at = find(needle, last) if last >= 0 else -1
    return rows


@lru_cache(_REMEMBERED)
def _words(text: str) -> frozenset[str]:
    return frozenset(text_parts(text))


@lru_cache(_REMEMBERED)
def _parts(text: str) -> tuple[str, ...]:
    return tuple(text_parts(text))
