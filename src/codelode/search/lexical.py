"""The lexical leg: BM25 over the whole index.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). Document
frequencies, number of chunks and average length are totals over the live chunks of all segments,
so a score does not depend on how chunks are spread over segments.

Long lists of common terms are skipped where they cannot matter (MaxScore: Turtle and Flood, "Query
evaluation: strategies and optimizations", 1995). Terms are added up from rare to common. Once the
remaining terms together cannot reach the k-th best score so far, a chunk without an earlier term
cannot enter the best k. From then on, weights are looked up only for chunks whose sum is already
high enough. The final scores are summed in the order of the query, so pruning does not change them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.candidates import Candidates, TopK, kth_best
from codelode.text.tokens import term_hash

if TYPE_CHECKING:
    from codelode.search.context import Statistics
    from codelode.search.filters import Mask
    from codelode.search.shard import Shard
    from codelode.segment.reader import Posting

K1 = 1.2
B = 0.75

_SLACK = 1 - 1e-5
"""Sums in another order differ in the seventh digit: nothing that close is pruned."""

_TINY = float(np.finfo(np.float32).tiny)

_POSTINGS_PER_LOOKUP = 8
"""Looking up one chunk in a list costs as much as adding up this many postings."""


class TermPostings:
    """The postings of some terms in a shard; each list is read at most once, when it is needed."""

    def __init__(self, shard: Shard, terms: Sequence[str]) -> None:
        """Look the terms up in the dictionary of every segment."""
        self.shard = shard
        self._hashes = [term_hash(term) for term in terms]
        self._postings: dict[tuple[int, int], Posting] = {}
        self.frequencies = [
            [live.segment.document_frequency(each) for live in shard.snapshot.segments]
            for each in self._hashes
        ]
        """By term and segment: the number of postings, including those of dead chunks."""

    def __len__(self) -> int:
        return len(self._hashes)

    def posting(self, term: int, number: int) -> Posting:
        """Return the postings of a term in a segment."""
        key = term, number
        posting = self._postings.get(key)
        if posting is None:
            posting = self.shard.segment(number).posting(self._hashes[term])
            self._postings[key] = posting
        return posting

    def counts(self) -> NDArray[np.int64]:
        """Return the number of live chunks that each term occurs in, int64[terms]."""
        return np.array(
            [
                sum(self._live_count(term, number, n) for number, n in enumerate(row))
                for term, row in enumerate(self.frequencies)
            ],
            np.int64,
        )

    def _live_count(self, term: int, number: int, postings: int) -> int:
        live = self.shard.snapshot.segments[number].chunks
        if live is None or not postings:
            return postings
        key = self.shard.slots[number], self._hashes[term]
        count = self.shard.caches.live_counts.get(key)
        if count is None:
            count = int(np.count_nonzero(live[self.posting(term, number)[0]]))
            self.shard.caches.live_counts.put(key, count)
        return count


class Bm25:
    """The BM25 scores of one query in a shard."""

    def __init__(self, terms: TermPostings, statistics: Statistics) -> None:
        self.shard = terms.shard
        self.terms = terms
        self.idf = statistics.idf()
        self._average_length = statistics.average_length
        self._all = range(len(terms))
        present = [term for term in self._all if self.idf[term] > 0]
        self._rare_first = sorted(present, key=lambda term: -self.idf[term])
        self._known: dict[int, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}

    def weights(
        self, number: int, ordinals: NDArray[np.int64], terms: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """Return the score that each term adds to chunks of a segment, float32[n, terms].

        `terms` selects some of the terms (default: all).
        """
        terms = self._all if terms is None else terms
        norms = self.length_norms(number)[ordinals]
        counts = np.zeros((len(ordinals), len(terms)), np.float32)
        for column, term in enumerate(terms):
            if len(ordinals) and self.terms.frequencies[term][number]:
                listed, frequencies = self.terms.posting(term, number)
                places = listed.searchsorted(ordinals)
                there = listed.take(places, mode="clip") == ordinals
                counts[:, column] = frequencies.take(places, mode="clip") * there
        return _weights(np.array([self.idf[term] for term in terms]), counts, norms[:, None])

    def best(self, masks: Sequence[Mask], k: int) -> Candidates:
        """Return the k allowed chunks with the highest scores above zero."""
        best = TopK(k, self.shard.places)
        for number, mask in enumerate(masks):
            here = [t for t in self._rare_first if self.terms.frequencies[t][number]]
            if not here or (mask is not None and not len(mask)):
                continue
            ordinals = self._promising(number, here, mask, best)
            if len(ordinals):
                weights = self.weights(number, ordinals)
                self._known[number] = ordinals, weights
                scores = _in_order(weights)
                above = scores > 0
                best.offer(number, scores[above], ordinals[above])
        return best.result()

    def covered(self, number: int, ordinals: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which terms occur in chunks of a segment that `best` returned, bool[n, terms]."""
        known, weights = self._known[number]
        covered: NDArray[np.bool_] = weights.take(known.searchsorted(ordinals), axis=0) > 0
        return covered

    def _promising(
        self, number: int, terms: Sequence[int], mask: Mask, best: TopK
    ) -> NDArray[np.int64]:
        """Return chunks of a segment: all that may be among the best k, and few others.

        `terms` are the terms that occur in the segment, rare ones first.
        """
        frequencies = [self.terms.frequencies[term][number] for term in terms]
        lookups = _POSTINGS_PER_LOOKUP * len(terms)
        if mask is not None and len(mask) * lookups < sum(frequencies):
            return mask.ordinals.astype(np.int64)
        enough = best.threshold * _SLACK
        # `most[i]` bounds the sum of the weights of `terms[i:]`: idf · (k1 + 1) bounds a weight.
        most = [sum(self.idf[term] * (K1 + 1) for term in terms[i:]) for i in range(len(terms) + 1)]
        scores, done = self._added_up(number, terms, most, enough)
        # A chunk whose score plus the remaining bound is below `enough` cannot enter the best k.
        ordinals = np.flatnonzero(scores >= max(enough - most[done], _TINY))
        if mask is not None:
            ordinals = mask.keep(ordinals)
        sums = scores[ordinals]
        for place in range(done, len(terms)):
            sums += self.weights(number, ordinals, terms[place : place + 1])[:, 0]
            keep = sums >= enough - most[place + 1]
            ordinals, sums = ordinals[keep], sums[keep]
        if len(ordinals) > best.k:
            ordinals = ordinals[sums >= kth_best(sums, best.k) * np.float32(_SLACK)]
        return ordinals

    def _added_up(
        self, number: int, terms: Sequence[int], most: Sequence[float], enough: float
    ) -> tuple[NDArray[np.float32], int]:
        """Sum weights of terms for all chunks of a segment, until looking up the rest is cheaper.

        Returns the sums float32[chunks] and the number of terms that were added up.
        """
        norms = self.length_norms(number)
        scores = np.zeros(len(norms), np.float32)
        for done, term in enumerate(terms):
            if most[done] < enough:  # the remaining terms alone are not enough
                few = np.count_nonzero(scores >= max(enough - most[done], _TINY))
                if few * _POSTINGS_PER_LOOKUP < self.terms.frequencies[term][number]:
                    return scores, done
            listed, frequencies = self.terms.posting(term, number)
            counts = frequencies.astype(np.float32)
            np.add.at(scores, listed, _weights(self.idf[term], counts, norms.take(listed)))
        return scores, len(terms)

    def length_norms(self, number: int) -> NDArray[np.float32]:
        """Return k1 · (1 - b + b · length / average length) of each chunk, float32[chunks]."""
        cache = self.shard.caches.length_norms
        average, slot = self._average_length, self.shard.slots[number]
        norms = cache.get((slot, average))
        if norms is None:
            lengths = self.shard.segment(number).chunks["tokens"].astype(np.float32)
            norms = np.float32(K1) * (np.float32(1 - B) + np.float32(B / average) * lengths)
            cache.put((slot, average), norms)
        return norms


def _in_order(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sums of rows, added from the first column to the last, float32[n].

    `sum` may add in another order.
    """
    scores = np.zeros(len(weights), np.float32)
    for column in weights.T:
        scores += column
    return scores


def _weights(
    idf: float | NDArray[np.float64], counts: NDArray[np.float32], norms: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the BM25 weights of the term frequencies in `counts`; overwrite that array."""
    bottom = counts + norms
    counts *= np.asarray(idf * (K1 + 1), np.float32)
    counts /= bottom
    return counts
