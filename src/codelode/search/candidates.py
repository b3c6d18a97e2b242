"""Chunks that may be answers, as arrays, and the exact choice of the best of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LOWEST = np.finfo(np.float32).min
_BLOCK = 128  # scores that are looked at together, by the best of them


@dataclass(frozen=True, slots=True)
class Candidates:
    """n chunks: segment numbers int64[n], ordinals int64[n], scores float32[n]."""

    segments: NDArray[np.int64]
    ordinals: NDArray[np.int64]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ordinals)

    @property
    def keys(self) -> NDArray[np.int64]:
        """Segment number << 32 | ordinal, int64[n]."""
        return self.segments << 32 | self.ordinals


class TopK:
    """Keeps the k best of what is offered, and all that tie with the last of them.

    Ties stay because which of them to prefer must not depend on how chunks are spread over
    segments; the ranker decides by path. Exact, in any order of offers, from any threads.
    """

    def __init__(self, k: int) -> None:
        self.k = k
        self.threshold: float = float(_LOWEST)
        """What is below it is not among the best: the score of the k-th best so far."""
        self._lock = threading.Lock()
        empty = np.zeros(0, np.int64)
        self._best = Candidates(empty, empty, np.zeros(0, np.float32))

    def offer(
        self, segment: int, scores: NDArray[np.float32], ordinals: NDArray[np.integer] | None = None
    ) -> None:
        """Offer scores of chunks of a segment (of all of them, if no ordinals are given).

        Scores of minus infinity are never taken.
        """
        # Few pass, so that there is little to sort.
        enough = max(np.float32(self.threshold), _floor(scores, self.k))
        picked = np.flatnonzero(scores >= enough)
        if not len(picked):
            return
        values = scores[picked]
        if len(picked) > self.k:
            keep = values >= kth_best(values, self.k)
            picked, values = picked[keep], values[keep]
        kept = picked if ordinals is None else ordinals[picked]
        with self._lock:
            self._add(segment, kept.astype(np.int64), values)

    def _add(self, segment: int, ordinals: NDArray[np.int64], values: NDArray[np.float32]) -> None:
        best = self._best
        scores = np.concatenate((best.scores, values))
        segments = np.concatenate((best.segments, np.full(len(values), segment, np.int64)))
        ordinals = np.concatenate((best.ordinals, ordinals))
        if len(scores) > self.k:
            kth = kth_best(scores, self.k)
            keep = scores >= kth
            scores, segments, ordinals = scores[keep], segments[keep], ordinals[keep]
            self.threshold = float(kth)
        elif len(scores) == self.k:
            self.threshold = float(scores.min())
        self._best = Candidates(segments, ordinals, scores)

    def result(self) -> Candidates:
        """The best, best first; ties in the order of segments and ordinals."""
        best = self._best
        order = np.lexsort((best.ordinals, best.segments, -best.scores))
        return Candidates(best.segments[order], best.ordinals[order], best.scores[order])


def _floor(scores: NDArray[np.float32], k: int) -> np.float32:
    """What the k-th best is not below, and not far above if it can be told fast.

    Each of the k blocks with the highest maxima holds a score that is not below the lowest of them.
    """
    blocks = len(scores) // _BLOCK
    if blocks < k:
        return _LOWEST
    # A block is not neighbours, but every so-manieth: five times as fast.
    return kth_best(scores[: blocks * _BLOCK].reshape(_BLOCK, blocks).max(axis=0), k)


def kth_best(values: NDArray[np.float32], k: int) -> np.float32:
    """The k-th largest of at least k values."""
    place = len(values) - k
    value: np.float32 = np.partition(values, place)[place]
    return value


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each value once, ascending: `np.unique`, which imports what a search has no need of."""
    ordered = np.sort(values)
    first = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    return ordered[first[: len(ordered)]]
