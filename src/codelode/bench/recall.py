"""The loss from quantization: the dense leg compared with an exact search of float vectors.

An index holds codes, not the vectors that they were made from. But it holds the texts, so a sample
of chunks is embedded again, and both searches are restricted to the sample.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.bench.sample import draw_groups
from codelode.embed.heads import encode_chunks, with_heads
from codelode.search.candidates import split_keys
from codelode.search.context import CANDIDATES
from codelode.search.dense import cosines, dense_candidates
from codelode.search.filters import Allowed
from codelode.search.shard import Shard
from codelode.text.csr import distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.bench.sample import SampledChunk
    from codelode.embed.encoder import Encoder
    from codelode.search.candidates import Candidates
    from codelode.search.filters import Mask
    from codelode.store.snapshot import Snapshot

K = 10
MAX_VECTOR_BYTES = 1 << 28
"""350,000 chunks of 192 dimensions: all of most trees, given the time."""
FIRST_BATCH, LARGEST_BATCH = 64, 1024
"""Chunks embedded between checks of the clock. Few at first: some models embed eight per second."""
ENCODING_SHARE = 0.6
QUERIES_AT_ONCE, ROWS_AT_ONCE = 16, 1 << 13
TIE = 1e-7
"""Cosines that differ by less count as equal: the difference is rounding."""


@dataclass(frozen=True, slots=True)
class Recall:
    """The shares of the exact `k` nearest chunks that searches find: means over `queries` queries.

    All searches are among `chunks` sampled chunks; `of_chunks` is the number of chunks in the
    index. `recall` is the share that the dense leg finds as a search uses it: it scans the codes,
    then rescores the best `candidates` with residuals and with the query as floats. `scan` is the
    share without rescoring; `among_candidates` is the share that the candidates include.
    """

    k: int
    candidates: int
    queries: int
    chunks: int
    of_chunks: int
    recall: float
    scan: float
    among_candidates: float


@dataclass(frozen=True, slots=True)
class Vectors:
    """Unit vectors float32[n, d] of n chunks, with their keys int64[n] in ascending order."""

    keys: NDArray[np.int64]
    rows: NDArray[np.float32]

    def scores(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the cosines, float64[q, n], of unit vectors float32[q, d] with `self.rows`."""
        exact = vectors.astype(np.float64)
        scores = np.empty((len(vectors), len(self.rows)))
        for start in range(0, len(self.rows), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            np.matmul(exact, self.rows[part].astype(np.float64).T, out=scores[:, part])
        return scores


def measure_recall(
    snapshot: Snapshot, encoder: Encoder, queries: Sequence[str], seed: int, duration: float
) -> Recall | None:
    """Measure recall over as many chunks and queries as `duration` seconds allow, at least a few.

    Returns None if no query or no chunk has a vector. Raises `DamagedError`.
    """
    began = time.perf_counter()
    asked = [vector for vector in map(encoder.encode_query, queries) if vector.any()]
    vectors = _embed(snapshot, encoder, seed, began + ENCODING_SHARE * duration)
    if not asked or not vectors.rows.any():
        return None
    masks = _masks(snapshot, vectors.keys)
    shares = []
    for vector, exact in _with_scores(asked, vectors):
        with snapshot.damage_explained(), snapshot.held():
            shares.append(_shares(snapshot, vectors.keys, exact, masks, vector))
        if time.perf_counter() - began > duration:
            break
    recall, scan, among = np.mean(shares, axis=0).tolist()
    sizes = len(shares), len(vectors.keys), snapshot.manifest.chunks
    return Recall(K, CANDIDATES, *sizes, recall, scan, among)


def _with_scores(
    asked: Sequence[NDArray[np.float32]], vectors: Vectors
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float64]]]:
    """Yield each query with its exact scores; several queries are scored at once, for speed."""
    for start in range(0, len(asked), QUERIES_AT_ONCE):
        some = asked[start : start + QUERIES_AT_ONCE]
        yield from zip(some, vectors.scores(np.stack(some)), strict=True)


def _embed(snapshot: Snapshot, encoder: Encoder, seed: int, deadline: float) -> Vectors:
    keys: list[int] = []
    rows = [np.zeros((0, encoder.dimensions), np.float32)]
    most = MAX_VECTOR_BYTES // (4 * encoder.dimensions)
    for batch in _batches(draw_groups(snapshot, seed)):
        paths, texts = [chunk.path for chunk in batch], [chunk.text for chunk in batch]
        names = [(chunk.symbol or "").encode() for chunk in batch]
        rows.append(encode_chunks(encoder, with_heads(encoder, paths, texts, names)))
        keys += [chunk.key for chunk in batch]
        if time.perf_counter() > deadline or len(keys) >= most:
            break
    order = np.argsort(np.array(keys, np.int64))
    return Vectors(np.array(keys, np.int64)[order], np.concatenate(rows)[order])


def _batches(groups: Iterator[list[SampledChunk]]) -> Iterator[list[SampledChunk]]:
    batch: list[SampledChunk] = []
    size = FIRST_BATCH
    for group in groups:
        batch += group
        if len(batch) >= size:
            yield batch
            batch, size = [], min(2 * size, LARGEST_BATCH)
    if batch:
        yield batch


def _masks(snapshot: Snapshot, keys: NDArray[np.int64]) -> list[Mask]:
    """Return a mask of the sampled chunks for each segment; None where all are sampled."""
    masks: list[Mask] = []
    numbers, ordinals = split_keys(keys)
    for number, live in enumerate(snapshot.segments):
        mask = np.zeros(len(live.segment.chunks), bool)
        mask[ordinals[numbers == number]] = True
        masks.append(None if mask.all() else Allowed.of(mask))
    return masks


def _shares(
    snapshot: Snapshot,
    keys: NDArray[np.int64],
    exact: NDArray[np.float64],
    masks: list[Mask],
    vector: NDArray[np.float32],
) -> tuple[float, float, float]:
    found = dense_candidates(Shard(snapshot), vector, masks, max(K, CANDIDATES))
    rows = np.searchsorted(keys, found.keys)
    scan = recall_at(K, exact, rows, found.scores)
    recall = recall_at(K, exact, rows, _rescored(snapshot, found, vector))
    # The last value is an upper bound: the recall if the candidates were in the exact order.
    return recall, scan, recall_at(K, exact, rows, exact[rows])


def _rescored(
    snapshot: Snapshot, found: Candidates, vector: NDArray[np.float32]
) -> NDArray[np.float32]:
    scores = np.zeros(len(found), np.float32)
    for number in distinct(found.segments).tolist():
        mine = found.segments == number
        segment = snapshot.segments[number].segment
        scores[mine] = cosines(segment, found.ordinals[mine], vector)
    return scores


def recall_at(
    k: int,
    exact: NDArray[np.floating],
    rows: NDArray[np.int64],
    scores: NDArray[np.floating],
) -> float:
    """Return recall@k of a search: the share of the k nearest chunks that it found, from 0 to 1.

    `exact` has the true score of each of n chunks; `rows` are the chunks that the search found, and
    `scores` its scores for them. If chunks tie for the last of the k true places, finding any of
    them counts. If chunks tie for the last of the k places by `scores`, each of them is equally
    likely to be among the k.
    """
    k = min(k, len(exact))
    least = np.partition(exact, len(exact) - k)[len(exact) - k]
    right = exact[rows] >= least - TIE
    if len(rows) <= k:
        return min(int(right.sum()), k) / k
    last = np.partition(scores, len(scores) - k)[len(scores) - k]
    above, tied = scores > last, scores == last
    hits = right[above].sum() + (k - above.sum()) * right[tied].mean()
    return float(hits) / k
