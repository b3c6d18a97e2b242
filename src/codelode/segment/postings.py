"""The inverted index of a segment: term → ordinals and frequencies.

A term is known by its 64-bit hash, so the dictionary is a sorted array that a reader searches in
place. Postings of a term are contiguous and ascending: ordinals uint16, frequencies uint8 (255
means 255 or more). Three fields share the dictionary of chunks and one has its own:

    ""   terms of the chunk's text
    "d"  whole names the chunk defines, in lower case

and, over files, the terms of the path.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.sparse import ranges

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFINITION = "d"
MAX_FREQUENCY = 255


@dataclass(frozen=True, slots=True)
class Postings:
    """Dictionary and lists.

    terms uint64[t] ascending; starts uint32[t+1]; ordinals uint16[p]; frequencies uint8[p].
    """

    terms: NDArray[np.uint64]
    starts: NDArray[np.uint32]
    ordinals: NDArray[np.uint16]
    frequencies: NDArray[np.uint8]

    def find(self, term: int) -> slice:
        """Where the postings of a term hash lie; an empty slice if it does not occur."""
        return find_term(self.terms, self.starts, term)


def find_term(terms: NDArray[np.uint64], starts: NDArray[np.uint32], term: int) -> slice:
    """Where the postings of a term hash lie, by the dictionary alone."""
    row = int(np.searchsorted(terms, np.uint64(term)))
    if row == len(terms) or int(terms[row]) != term:
        return slice(0, 0)
    return slice(int(starts[row]), int(starts[row + 1]))


@dataclass(frozen=True, slots=True)
class TermCounts:
    """How often terms come in texts: one row per term and text, in any order.

    Term i has `hashes[i]`; several may have the same one, and each comes in some row. Rows have a
    number of a term, an ordinal and a count. Dtypes: hashes uint64[t]; the others int64[n].
    """

    hashes: NDArray[np.uint64]
    terms: NDArray[np.int64]
    ordinals: NDArray[np.int64]
    counts: NDArray[np.int64]


def build_postings(found: TermCounts) -> Postings:
    """Postings of the terms; counts of equal hashes and ordinals add up."""
    dictionary, numbers = np.unique(found.hashes, return_inverse=True)
    # One packed key per triple, so that a plain sort (vectorised in numpy) does the grouping.
    keys = (numbers.astype(np.uint64) << np.uint64(32))[found.terms]
    keys |= found.ordinals.astype(np.uint64) << np.uint64(8)
    keys |= np.minimum(found.counts, MAX_FREQUENCY).astype(np.uint64)
    keys.sort()
    pairs = keys >> np.uint64(8)
    first = _group_starts(pairs)
    totals = np.concatenate(([0], np.cumsum(keys & np.uint64(0xFF), dtype=np.int64)))
    frequencies = np.diff(totals[np.append(first, len(pairs))])
    pairs = pairs[first]
    owners = (pairs >> np.uint64(24)).astype(np.int64)
    return Postings(
        terms=dictionary,
        starts=np.searchsorted(owners, np.arange(len(dictionary) + 1)).astype(np.uint32),
        ordinals=(pairs & np.uint64(0xFFFF)).astype(np.uint16),
        frequencies=np.minimum(frequencies, MAX_FREQUENCY).astype(np.uint8),
    )


def merge_postings(
    parts: Sequence[Postings], renumberings: Sequence[NDArray[np.int64]]
) -> Postings:
    """One index of several: `renumberings[i][old]` is the new ordinal, or -1 if it is dropped.

    New ordinals must ascend from part to part, so that the lists can be joined end to end.
    """
    live = [_renumber(part, new) for part, new in zip(parts, renumberings, strict=True)]
    terms = np.concatenate([part.terms for part in live])
    lengths = np.concatenate([np.diff(part.starts.astype(np.int64)) for part in live])
    offsets = np.cumsum([0] + [len(part.ordinals) for part in live])
    begins = np.concatenate(
        [
            part.starts[:-1].astype(np.int64) + base
            for part, base in zip(live, offsets, strict=False)
        ]
    )
    order = np.argsort(terms, kind="stable")
    terms, lengths, begins = terms[order], lengths[order], begins[order]
    picks = ranges(begins, lengths)
    heads = _group_starts(terms)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    return Postings(
        terms=terms[heads],
        starts=offsets[np.append(heads, len(terms))].astype(np.uint32),
        ordinals=np.concatenate([part.ordinals for part in live])[picks],
        frequencies=np.concatenate([part.frequencies for part in live])[picks],
    )


def _renumber(part: Postings, new: NDArray[np.int64]) -> Postings:
    moved = new[part.ordinals]
    alive = moved >= 0
    if alive.all():
        return Postings(part.terms, part.starts, moved.astype(np.uint16), part.frequencies)
    kept = np.concatenate(([0], np.cumsum(alive)))[part.starts]
    occurs = np.diff(kept) > 0
    return Postings(
        terms=part.terms[occurs],
        starts=np.concatenate((kept[:-1][occurs], kept[-1:])).astype(np.uint32),
        ordinals=moved[alive].astype(np.uint16),
        frequencies=part.frequencies[alive],
    )


def _group_starts(values: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Where each run of equal values begins."""
    return np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1]))[: len(values)])
