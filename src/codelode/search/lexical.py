"""The lexical leg: BM25 over the whole snapshot.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). Document
frequencies, number of chunks and average length are those of the live chunks of all segments
together, so that a score does not depend on how chunks are spread over segments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.candidates import Candidates, TopK
from codelode.tokens import term_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.filters import Mask
    from codelode.segment.reader import Posting
    from codelode.store.snapshot import LiveSegment, Snapshot

K1 = 1.2
B = 0.75


@dataclass(frozen=True, slots=True)
class TermPostings:
    """One query term over the snapshot: its weight and its postings in each segment."""

    term: str
    idf: float
    postings: list[Posting]


def find_terms(snapshot: Snapshot, terms: Sequence[str]) -> list[TermPostings]:
    """Look the terms up in every segment."""
    total = snapshot.manifest.chunks
    found = []
    for term in terms:
        number = term_hash(term)
        postings = [live.segment.posting(number) for live in snapshot.segments]
        frequency = sum(
            _live_count(live, posting)
            for live, posting in zip(snapshot.segments, postings, strict=True)
        )
        idf = float(np.log1p((total - frequency + 0.5) / (frequency + 0.5)))
        found.append(TermPostings(term, idf if frequency else 0.0, postings))
    return found


def _live_count(live: LiveSegment, posting: Posting) -> int:
    if live.chunks is None:
        return len(posting[0])
    return int(np.count_nonzero(live.chunks[posting[0]]))


def lexical_candidates(
    snapshot: Snapshot, terms: Sequence[TermPostings], masks: Sequence[Mask], k: int
) -> Candidates:
    """The k chunks with the highest BM25 scores above zero."""
    best = TopK(k)
    for number, mask in enumerate(masks):
        norms = length_norms(snapshot, number)
        scores = np.zeros(len(norms), np.float32)
        for term in terms:
            listed, frequencies = term.postings[number]
            scores[listed] += _weights(term.idf, frequencies, norms[listed])
        touched = scores > 0 if mask is None else (scores > 0) & mask
        ordinals = np.flatnonzero(touched)
        best.offer(number, scores[ordinals], ordinals)
    return best.result()


def bm25(
    snapshot: Snapshot, number: int, ordinals: NDArray[np.int64], terms: Sequence[TermPostings]
) -> NDArray[np.float32]:
    """What each term adds to the scores of some chunks of a segment, float32[n, terms]."""
    norms = length_norms(snapshot, number)[ordinals]
    result = np.zeros((len(ordinals), len(terms)), np.float32)
    for column, term in enumerate(terms):
        listed, frequencies = term.postings[number]
        if not len(listed):
            continue
        places = np.minimum(np.searchsorted(listed, ordinals), len(listed) - 1)
        there = listed[places] == ordinals
        weights = _weights(term.idf, frequencies[places], norms)
        result[:, column] = np.where(there, weights, np.float32(0))
    return result


def _weights(
    idf: float, frequencies: NDArray[np.uint8], norms: NDArray[np.float32]
) -> NDArray[np.float32]:
    counts = frequencies.astype(np.float32)
    return np.float32(idf * (K1 + 1)) * counts / (counts + norms)


def length_norms(snapshot: Snapshot, number: int) -> NDArray[np.float32]:
    """k1 · (1 - b + b · length / average length) of every chunk of a segment, float32[chunks]."""
    live = snapshot.segments[number]
    if live.length_norms is None:
        average = max(1.0, snapshot.manifest.tokens / max(1, snapshot.manifest.chunks))
        lengths = live.segment.chunks["tokens"].astype(np.float32)
        live.length_norms = np.float32(K1) * (np.float32(1 - B) + np.float32(B / average) * lengths)
    return live.length_norms
