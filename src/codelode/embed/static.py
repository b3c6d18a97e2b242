"""The static encoder: a weighted sum of int8 word vectors. No neural network runs.

`model_folder` describes the files of a model. The embedding of a passage is a normalized sum: of
(1 + ln tf) * weight * vector over its parts, plus path_weight times the same sum over the parts of
the last components of its path. The embedding of a query is such a sum with separate weights.

The sum is exact: weights are scaled to integers whose sum is at most 2^24 / 128, so every partial
sum is an integer that float32 represents exactly. No order of summation, number of BLAS threads or
batch can change a bit of a row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codelode.embed.model_folder import ModelFolder
from codelode.embed.vocabulary import Vocabulary
from codelode.text.tokens import text_parts
from codelode.types import Passages

_EXACT = 1 << 17  # 2^24 divided by 128, the largest magnitude in the table
_WEIGHT_STEPS = 1 << 20  # weights are rounded to multiples of 2^-20 before summing
_TOGETHER = 8  # passages whose rows are fetched at once: half a megabyte, which fits the cache
_MAX_TF = 256  # higher term frequencies count as this


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """The rows and weights of n weighted sums; sum i has the entries `[indptr[i], indptr[i+1])`.

    Dtypes: indptr and rows int64; weights float64, but whole numbers.
    """

    indptr: NDArray[np.int64]
    rows: NDArray[np.int64]
    weights: NDArray[np.float64]


class StaticEncoder:
    """The encoder of a static model; the table in the model's folder stays memory-mapped."""

    def __init__(self, folder: Path, name: str | None = None) -> None:
        model = ModelFolder.open(folder)
        self.name = name or model.name
        self.dimensions = model.dimensions
        self.fingerprint = model.fingerprint
        self._table = model.table
        self._vocabulary = Vocabulary(model.hashes)
        scaled = model.weights.astype(np.float64) * model.scales.astype(np.float64)[:, None]
        # Only the ratios of the weights matter: scale them so that the largest is 1.
        self._passage_weights, self._query_weights = np.ascontiguousarray(
            (scaled / scaled.max(0)).T
        )
        self._path_weight = model.path_weight
        self._log_tf = 1 + np.log(np.arange(1, _MAX_TF + 1, dtype=np.float64))

    def encode_query(self, query: str) -> NDArray[np.float32]:
        """Return a unit vector, float32[d]: the weighted sum of the query's parts."""
        found = self._vocabulary.rows_of_parts(text_parts(query))
        # Not `np.unique`: its imports would add ten milliseconds to a cold search.
        tally = sorted(Counter(found).items())
        rows, counts = np.array(tally, dtype=np.int64).reshape(-1, 2).T
        weights = self._steps(self._query_weights[rows], counts)
        sums = self._sum(_Entries(np.array([0, len(rows)]), rows, weights))
        return sums.reshape(self.dimensions)

    def knows(self, text: str) -> bool:
        """Return whether the vocabulary has any part of a text."""
        return any(map(self._vocabulary.knows, text_parts(text)))

    def encode_passages(self, passages: Passages) -> NDArray[np.float32]:
        """Return unit rows, float32[n, d]."""
        from codelode.embed.row_counts import count_rows  # no search needs it

        found = count_rows(self._vocabulary, passages.words, passages.paths)
        weights = self._passage_weights.take(found.rows)
        weights *= np.array([1, self._path_weight]).take(found.in_path)
        return self._sum(_Entries(found.indptr, found.rows, self._steps(weights, found.counts)))

    def _steps(
        self, weights: NDArray[np.float64], counts: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return (1 + ln count) * weight in integer steps, whose sums are exact in any order."""
        exact = weights * self._log_tf[np.minimum(counts, _MAX_TF) - 1]
        steps: NDArray[np.float64] = np.rint(exact * _WEIGHT_STEPS)
        return steps

    def _sum(self, entries: _Entries) -> NDArray[np.float32]:
        """Return the normalized weighted sums of table rows, float32[n, d].

        A sum without entries is a row of zeros.
        """
        n = len(entries.indptr) - 1
        passage = np.repeat(np.arange(n), np.diff(entries.indptr))
        totals = np.bincount(passage, entries.weights, minlength=n)
        share = _EXACT / np.maximum(totals, 1)
        weights = np.floor(entries.weights * share[passage]).astype(np.float32)
        rows, bounds = entries.rows, entries.indptr.tolist()
        sums = np.zeros((n, self.dimensions), dtype=np.float32)
        for first in range(0, n, _TOGETHER):
            ends = bounds[first : first + _TOGETHER + 1]
            base = ends[0]
            block = self._table.take(rows[base : ends[-1]], axis=0).astype(np.float32)
            for i, (start, stop) in enumerate(pairwise(ends), first):
                np.dot(weights[start:stop], block[start - base : stop - base], out=sums[i])
        exact = sums.astype(np.float64)
        norms = np.sqrt(np.einsum("ij,ij->i", exact, exact))[:, None]
        unit: NDArray[np.float32] = (exact / np.maximum(norms, 1)).astype(np.float32)
        return unit
