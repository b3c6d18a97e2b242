"""Candidates, as arrays, and the exact choice of the best of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codelode.text.csr import distinct

_LOWEST = np.finfo(np.float32).min
_REMEMBERED = 32
_BLOCK = 128  # scores per block; the maxima of the blocks bound the k-th best score

Places = tuple[NDArray[np.uint64], NDArray[np.uint32]]
"""Path hashes uint64[n] and starts in the file uint32[n]: a total order of chunks that does not
depend on how they are spread over segments."""

FindPlaces = Callable[[int, NDArray[np.int64]], Places]
"""Returns the places of the chunks with some ordinals in the segment with a number."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """n chunks: segment numbers int64[n], ordinals int64[n], scores float32[n]."""

    segments: NDArray[np.int64]
    ordinals: NDArray[np.int64]
    scores: NDArray[np.float32]

    @classmethod
    def none(cls) -> Candidates:
        """Return an empty object: no candidates."""
        empty = np.zeros(0, np.int64)
        return cls(empty, empty, np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.ordinals)

    def __getitem__(self, rows: NDArray[np.bool_ | np.intp]) -> Candidates:
        return Candidates(self.segments[rows], self.ordinals[rows], self.scores[rows])

    def __add__(self, other: Candidates) -> Candidates:
        return Candidates(
            np.concatenate((self.segments, other.segments)),
            np.concatenate((self.ordinals, other.ordinals)),
            np.concatenate((self.scores, other.scores)),
        )

    @property
    def keys(self) -> NDArray[np.int64]:
        """The key of each chunk, int64[n]: see `chunk_keys`."""
        return chunk_keys(self.segments, self.ordinals)


def chunk_keys(segments: NDArray[np.int64] | int, ordinals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return segment number << 32 | ordinal, int64[n]: one number per chunk of a snapshot.

    The keys of files are made in the same way, from a segment number and a file's row.
    """
    return np.asarray(segments, np.int64) << 32 | ordinals


def split_keys(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the segment numbers int64[n] and ordinals int64[n] of `chunk_keys`."""
    return keys >> 32, keys & 0xFFFFFFFF


class TopK:
    """The k best of all candidates that were offered; any thread may offer some at any time.

    The choice is exact, and does not depend on the order of the offers. Of candidates that tie for
    the last places, those with the lowest (path hash, start) are kept. So there are never more than
    k, and the result does not depend on how chunks are spread over segments.
    """

    def __init__(self, k: int, find_places: FindPlaces) -> None:
        self.k = k
        self.threshold: float = float(_LOWEST)
        """The score of the k-th best so far: a lower score is not among the best."""
        self._find_places = find_places
        self._lock = threading.Lock()
        self._best = Candidates.none()
        self._known: dict[int, tuple[int, int]] = {}  # the places that were looked up, by key

    def offer(
        self, segment: int, scores: NDArray[np.float32], ordinals: NDArray[np.integer] | None = None
    ) -> None:
        """Offer scores of chunks of a segment (of all its chunks, if no ordinals are given).

        Scores of minus infinity are never taken.
        """
        # Only few scores reach this bound, so there is little to sort.
        enough = max(np.float32(self.threshold), _floor(scores, self.k))
        picked = np.flatnonzero(scores >= enough)
        if not len(picked):
            return
        kept = picked if ordinals is None else ordinals[picked].astype(np.int64)
        offered = Candidates(np.full(len(kept), segment, np.int64), kept, scores[picked])
        offered = self._cut(offered, self._places)
        with self._lock:
            if len(self._best):
                offered = self._cut(self._best + offered, self._places_once)
            self._best = offered
            if len(self._best) == self.k:
                self.threshold = float(self._best.scores.min())

    def result(self) -> Candidates:
        """Return the best candidates, best first; ties in the order of segments and ordinals."""
        best = self._best
        return best[np.lexsort((best.ordinals, best.segments, -best.scores))]

    def _cut(self, candidates: Candidates, places: Callable[[Candidates], Places]) -> Candidates:
        """Return the k best of the given candidates; `places` returns the places of candidates."""
        if len(candidates) <= self.k:
            return candidates
        rows = best_rows(candidates.scores, self.k, lambda tied: places(candidates[tied]))
        return candidates[rows]

    def _places_once(self, candidates: Candidates) -> Places:
        """Return the places of candidates, and remember them for later calls.

        A candidate that is kept may tie with candidates of each further segment.
        """
        if len(self._known) > _REMEMBERED * self.k:
            self._known.clear()
        keys = candidates.keys.tolist()
        new = np.array([key not in self._known for key in keys], bool)
        paths, starts = self._places(candidates[new])
        added = zip(paths.tolist(), starts.tolist(), strict=True)
        self._known.update(zip(candidates[new].keys.tolist(), added, strict=True))
        found = [self._known[key] for key in keys]
        return (
            np.array([path for path, _ in found], np.uint64),
            np.array([start for _, start in found], np.uint32),
        )

    def _places(self, candidates: Candidates) -> Places:
        paths = np.zeros(len(candidates), np.uint64)
        starts = np.zeros(len(candidates), np.uint32)
        for number in distinct(candidates.segments).tolist():
            mine = candidates.segments == number
            paths[mine], starts[mine] = self._find_places(number, candidates.ordinals[mine])
        return paths, starts


def _floor(scores: NDArray[np.float32], k: int) -> np.float32:
    """Return a lower bound of the k-th best score, tight if one can be found fast.

    The bound is the k-th highest of the blocks' maxima: at least k blocks have a score that
    reaches it.
    """
    blocks = len(scores) // _BLOCK
    if blocks < k:
        return _LOWEST
    # Block i has every `blocks`-th score from i on. Blocks of neighbors take five times as long.
    return kth_best(scores[: blocks * _BLOCK].reshape(_BLOCK, blocks).max(axis=0), k)


def kth_best(values: NDArray[np.float32], k: int) -> np.float32:
    """Return the k-th largest of at least k values."""
    place = len(values) - k
    value: np.float32 = np.partition(values, place)[place]
    return value


def best_rows(
    scores: NDArray[np.float32], k: int, find_places: Callable[[NDArray[np.intp]], Places]
) -> NDArray[np.intp]:
    """Return the rows of the k best scores, in no particular order; ties are broken by place.

    `find_places` returns the places of rows; it is called only for ties.
    """
    if len(scores) <= k:
        return np.arange(len(scores))
    kth = kth_best(scores, k)
    above, tied = np.flatnonzero(scores > kth), np.flatnonzero(scores == kth)
    missing = k - len(above)
    if len(tied) > missing:
        tied = tied[_first_places(find_places(tied), missing)]
    return np.concatenate((above, tied))


def _first_places(places: Places, count: int) -> NDArray[np.intp]:
    """Return the rows of the first `count` places, ordered by path hash, then by start."""
    paths, starts = places
    last = np.partition(paths, count - 1)[count - 1]
    rows = np.flatnonzero(paths <= last)
    return rows[np.lexsort((starts[rows], paths[rows]))[:count]]
