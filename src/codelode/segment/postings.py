"""The inverted index of a segment: term → ordinals and frequencies.

A term is known by its key (see `dictionary`). Postings of a term are contiguous and ascending:
ordinals uint16, frequencies uint8 (255 means 255 or more). This is the form in memory;
`posting_codec` has the form on disk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.segment.dictionary import DICTIONARY_SECTIONS, DictionaryWriter
from codelode.segment.posting_codec import pack_lists
from codelode.segment.posting_list import MAX_FREQUENCY
from codelode.text.csr import group_starts, ranges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codelode.segment.container import Piece


@dataclass(frozen=True, slots=True)
class Postings:
    """Keys of terms and their posting lists.

    terms uint64[t] ascending; starts int64[t+1]; ordinals uint16[p]; frequencies uint8[p].
    """

    terms: NDArray[np.uint64]
    starts: NDArray[np.int64]
    ordinals: NDArray[np.uint16]
    frequencies: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TermCounts:
    """Counts of terms in texts: one row per term and text, in any order.

    Term i has the key `keys[i]`; several terms may have the same key. A row has the number of a
    term, an ordinal and a count. Dtypes: keys uint64[t]; the others int64[n].
    """

    keys: NDArray[np.uint64]
    terms: NDArray[np.int64]
    ordinals: NDArray[np.int64]
    counts: NDArray[np.int64]


def build_postings(found: TermCounts) -> Postings:
    """Return the postings of the terms; the counts of a term in the same chunk are added up."""
    dictionary, numbers = np.unique(found.keys, return_inverse=True)
    # Each row is packed into one number, so that a plain sort (vectorized in numpy) groups the
    # rows.
    keys = (numbers.astype(np.uint64) << np.uint64(32))[found.terms]
    keys |= found.ordinals.astype(np.uint64) << np.uint64(8)
    keys |= np.minimum(found.counts, MAX_FREQUENCY).astype(np.uint64)
    keys.sort()
    pairs = keys >> np.uint64(8)
    first = group_starts(pairs)
    totals = np.concatenate(([0], np.cumsum(keys & np.uint64(0xFF), dtype=np.int64)))
    frequencies = np.diff(totals[np.append(first, len(pairs))])
    pairs = pairs[first]
    owners = pairs >> np.uint64(24)
    heads = group_starts(owners)
    return Postings(
        terms=dictionary[owners[heads].astype(np.int64)],
        starts=np.append(heads, len(owners)),
        ordinals=(pairs & np.uint64(0xFFFF)).astype(np.uint16),
        frequencies=np.minimum(frequencies, MAX_FREQUENCY).astype(np.uint8),
    )


def merge_postings(
    slices: Iterable[Sequence[Postings]], renumberings: Sequence[NDArray[np.int64]]
) -> Iterator[Postings]:
    """Merge several inverted indexes, a slice of their keys at a time to save memory.

    Each of `slices` has the postings of all parts for the same range of keys; ranges ascend.
    `renumberings[i][old]` is the new ordinal of the chunk `old` of part i, or -1 if the chunk is
    dropped. New ordinals must ascend from part to part, so that the lists can be joined end to end.
    """
    for parts in slices:
        yield _join([_renumber(part, new) for part, new in zip(parts, renumberings, strict=True)])


def _join(parts: Sequence[Postings]) -> Postings:
    terms = np.concatenate([part.terms for part in parts])
    lengths = np.concatenate([np.diff(part.starts) for part in parts])
    begins = np.cumsum(lengths) - lengths
    order = np.argsort(terms, kind="stable")
    terms, lengths, begins = terms[order], lengths[order], begins[order]
    picks = ranges(begins, lengths)
    heads = group_starts(terms)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    return Postings(
        terms=terms[heads],
        starts=offsets[np.append(heads, len(terms))],
        ordinals=np.concatenate([part.ordinals for part in parts])[picks],
        frequencies=np.concatenate([part.frequencies for part in parts])[picks],
    )


def postings_sections(slices: Iterable[Postings], rows: int) -> dict[str, Iterable[Piece]]:
    """Return the sections of an inverted index over `rows` chunks, given in slices of keys.

    They must be written in this order, because the dictionary is complete only after the lists.
    """
    writer = DictionaryWriter()

    def lists() -> Iterator[Piece]:
        for part in slices:
            sizes, data = pack_lists(part.starts, part.ordinals, part.frequencies, rows)
            writer.add(part.terms, sizes)
            yield data

    def column(name: str) -> Iterator[Piece]:
        yield getattr(writer.finish(), name)

    return {"postings": lists(), **{name: column(name) for name in DICTIONARY_SECTIONS}}


def _renumber(part: Postings, new: NDArray[np.int64]) -> Postings:
    if len(new) and new[0] >= 0 and new[-1] - new[0] == len(new) - 1:  # all chunks are kept
        return replace(part, ordinals=part.ordinals + np.uint16(new[0]))
    moved = new[part.ordinals]
    alive = moved >= 0
    if alive.all():
        return replace(part, ordinals=moved.astype(np.uint16))
    kept = np.concatenate(([0], np.cumsum(alive)))[part.starts]
    occurs = np.diff(kept) > 0
    return Postings(
        terms=part.terms[occurs],
        starts=np.concatenate((kept[:-1][occurs], kept[-1:])),
        ordinals=moved[alive].astype(np.uint16),
        frequencies=part.frequencies[alive],
    )
