"""Chunks that may be answers, as arrays, and the exact choice of the best of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Candidates:
    """n chunks: segment numbers int64[n], ordinals int64[n], scores float32[n]."""

    segments: NDArray[np.int64]
    ordinals: NDArray[np.int64]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ordinals)


class TopK:
    """Keeps the k best of what is offered, and all that tie with the last of them.

    Ties stay because which of them to prefer must not depend on how chunks are spread over
    segments; the ranker decides by path. Exact, in any order of offers.
    """

    def __init__(self, k: int) -> None:
        self.k = k
        self.threshold = np.float32(-np.inf)
        self._parts: list[tuple[int, NDArray[np.int64], NDArray[np.float32]]] = []

    def offer(
        self, segment: int, scores: NDArray[np.float32], ordinals: NDArray[np.int64] | None = None
    ) -> None:
        """Offer scores of chunks of a segment (of all of them, if no ordinals are given).

        Scores of minus infinity are never taken.
        """
        if len(scores) > self.k:
            kth = np.partition(scores, len(scores) - self.k)[len(scores) - self.k]
            self.threshold = max(self.threshold, kth)
        picked = np.flatnonzero((scores >= self.threshold) & (scores > -np.inf))
        kept = picked if ordinals is None else ordinals[picked]
        self._parts.append((segment, kept.astype(np.int64), scores[picked]))

    def result(self) -> Candidates:
        """The best, best first; ties in no particular order."""
        if not self._parts:
            empty = np.zeros(0, np.int64)
            return Candidates(empty, empty, np.zeros(0, np.float32))
        scores = np.concatenate([part[2] for part in self._parts])
        segments = np.repeat(
            np.array([part[0] for part in self._parts], np.int64), [len(p[2]) for p in self._parts]
        )
        ordinals = np.concatenate([part[1] for part in self._parts])
        if len(scores) > self.k:
            kth = np.partition(scores, len(scores) - self.k)[len(scores) - self.k]
            keep = scores >= kth
            scores, segments, ordinals = scores[keep], segments[keep], ordinals[keep]
        order = np.argsort(-scores, kind="stable")
        return Candidates(segments[order], ordinals[order], scores[order])
