"""The lexical leg: BM25 over the whole snapshot.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). Document
frequencies, number of chunks and average length are those of the live chunks of all segments
together, so that a score does not depend on how chunks are spread over segments.

Long lists of common terms are not gone through where they cannot matter (MaxScore: Turtle and
Flood, "Query evaluation: strategies and optimizations", 1995). Terms are added up from rare to
common; once what the others can add at most is less than a chunk of the best k has already, only
chunks that have enough so far can still get among the best, and the others' weights are looked up
for these alone. What is offered to the best k are scores summed in the order of the query, so that
pruning never shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.candidates import Candidates, TopK, kth_best, places_in
from codelode.text.tokens import term_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.filters import Mask
    from codelode.segment.reader import Posting
    from codelode.store.snapshot import LiveSegment, Snapshot

K1 = 1.2
B = 0.75

_SLACK = 1 - 1e-5
"""Sums in another order round differently, in the seventh digit: nothing is pruned that close."""

_TINY = float(np.finfo(np.float32).tiny)

_POSTINGS_PER_LOOKUP = 8
"""Looking one chunk up in a list costs as much as going through so many postings."""

_KNOWN_FREQUENCIES = 4096


class TermPostings:
    """One query term over the snapshot: its weight, and its postings in each segment."""

    def __init__(self, snapshot: Snapshot, term: str) -> None:
        """Look a term up in every dictionary; postings are read when they are asked for."""
        self.term = term
        self._hash = term_hash(term)
        self._segments = snapshot.segments
        self._postings: dict[int, Posting] = {}
        self.frequencies = [
            live.segment.document_frequency(self._hash) for live in snapshot.segments
        ]
        """How many postings each segment has, those of dead chunks too."""
        live_chunks = sum(
            self._live_count(live, number, count)
            for number, (live, count) in enumerate(
                zip(snapshot.segments, self.frequencies, strict=True)
            )
        )
        total = snapshot.manifest.chunks
        idf = float(np.log1p((total - live_chunks + 0.5) / (live_chunks + 0.5)))
        self.idf = idf if live_chunks else 0.0

    def posting(self, number: int) -> Posting:
        """The postings in a segment, read once per query."""
        found = self._postings.get(number)
        if found is None:
            found = self._postings[number] = self._segments[number].segment.posting(self._hash)
        return found

    def _live_count(self, live: LiveSegment, number: int, count: int) -> int:
        if live.chunks is None or not count:
            return count
        known = live.frequencies.get(self._hash)
        if known is None:
            if len(live.frequencies) >= _KNOWN_FREQUENCIES:
                live.frequencies.clear()
            known = int(np.count_nonzero(live.chunks[self.posting(number)[0]]))
            live.frequencies[self._hash] = known
        return known


def find_terms(snapshot: Snapshot, terms: Sequence[str]) -> list[TermPostings]:
    """Look the terms up in every segment."""
    return [TermPostings(snapshot, term) for term in terms]


def lexical_candidates(
    snapshot: Snapshot, terms: Sequence[TermPostings], masks: Sequence[Mask], k: int
) -> Candidates:
    """The k chunks with the highest BM25 scores above zero."""
    best = TopK(k, places_in(snapshot))
    rare_first = sorted((term for term in terms if term.idf > 0), key=lambda term: -term.idf)
    for number, mask in enumerate(masks):
        here = [term for term in rare_first if term.frequencies[number]]
        if not here or (mask is not None and not len(mask)):
            continue
        ordinals = _promising(snapshot, number, here, mask, best)
        if len(ordinals):
            scores = _in_order(bm25(snapshot, number, ordinals, terms))
            found = scores > 0
            best.offer(number, scores[found], ordinals[found])
    return best.result()


def _promising(
    snapshot: Snapshot, number: int, terms: Sequence[TermPostings], mask: Mask, best: TopK
) -> NDArray[np.int64]:
    """The chunks of a segment that may be among the best k, and few others.

    `terms` are those that occur in it, rare ones first.
    """
    postings = sum(term.frequencies[number] for term in terms)
    if mask is not None and len(mask) * len(terms) * _POSTINGS_PER_LOOKUP < postings:
        return mask.ordinals.astype(np.int64)
    norms = length_norms(snapshot, number)
    scores = np.zeros(len(norms), np.float32)
    enough = best.threshold * _SLACK
    # What a term, and all after it, can add at most: a frequency has no bound, its weight has.
    most = [sum(term.idf * (K1 + 1) for term in terms[i:]) for i in range(len(terms) + 1)]
    done = 0
    for term in terms:
        if most[done] < enough:  # nothing new can get in
            few = np.count_nonzero(scores >= max(enough - most[done], _TINY))
            if few * _POSTINGS_PER_LOOKUP < term.frequencies[number]:
                break
        listed, frequencies = term.posting(number)
        counts = frequencies.astype(np.float32)
        np.add.at(scores, listed, _weights(term.idf, counts, norms.take(listed)))
        done += 1
    # The weights are positive: what does not have `enough` now and cannot get it, has no chance.
    ordinals = np.flatnonzero(scores >= max(enough - most[done], _TINY))
    if mask is not None:
        ordinals = mask.keep(ordinals)
    sums = scores[ordinals]
    for place in range(done, len(terms)):
        sums += bm25(snapshot, number, ordinals, terms[place : place + 1])[:, 0]
        keep = sums >= enough - most[place + 1]
        ordinals, sums = ordinals[keep], sums[keep]
    if len(ordinals) > best.k:
        ordinals = ordinals[sums >= kth_best(sums, best.k) * np.float32(_SLACK)]
    return ordinals


def bm25(
    snapshot: Snapshot, number: int, ordinals: NDArray[np.int64], terms: Sequence[TermPostings]
) -> NDArray[np.float32]:
    """What each term adds to the scores of some chunks of a segment, float32[n, terms]."""
    norms = length_norms(snapshot, number)[ordinals]
    counts = np.zeros((len(ordinals), len(terms)), np.float32)
    for column, term in enumerate(terms):
        if len(ordinals) and term.frequencies[number]:
            listed, frequencies = term.posting(number)
            places = listed.searchsorted(ordinals)
            there = listed.take(places, mode="clip") == ordinals
            counts[:, column] = frequencies.take(places, mode="clip") * there
    return _weights(np.array([term.idf for term in terms]), counts, norms[:, None])


def _in_order(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums of the rows, from the first column to the last: `sum` may add up in another order."""
    scores = np.zeros(len(weights), np.float32)
    for column in weights.T:
        scores += column
    return scores


def _weights(
    idf: float | NDArray[np.float64], counts: NDArray[np.float32], norms: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Overwrites `counts`."""
    bottom = counts + norms
    counts *= np.asarray(idf * (K1 + 1), np.float32)
    counts /= bottom
    return counts


def length_norms(snapshot: Snapshot, number: int) -> NDArray[np.float32]:
    """k1 · (1 - b + b · length / average length) of every chunk of a segment, float32[chunks]."""
    live = snapshot.segments[number]
    if live.length_norms is None:
        average = max(1.0, snapshot.manifest.tokens / max(1, snapshot.manifest.chunks))
        lengths = live.segment.chunks["tokens"].astype(np.float32)
        live.length_norms = np.float32(K1) * (np.float32(1 - B) + np.float32(B / average) * lengths)
    return live.length_norms
