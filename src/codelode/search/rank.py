"""The order of the candidates: a linear score of their features, one hit per file first.

The weights are fitted by `benchmarks/quality/fit.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.features import FEATURES

if TYPE_CHECKING:
    from codelode.search.features import Measured

QUESTION = {
    "cosine": 2.4,
    "bm25": 0.95,
    "coverage": 0.15,
    "file_cosine": 0.54,
    "file_bm25": 0.7,
    "file_coverage": 0.17,
    "file_hits": -0.06,
    "path": 0.73,
    "stem": 1.2,
    "stem_exact": 0.68,
    "defines": 0.23,
    "symbol": 0.15,
    "symbol_exact": 0.1,
    "test": -1.38,
    "example": -0.24,
    "generated": -0.4,
    "prose": -1.98,
    "reexport": -0.12,
}
"""Weights for questions in words."""

SYMBOL = {
    "cosine": 1.0,
    "bm25": 1.5,
    "coverage": 0.5,
    "file_cosine": 0.5,
    "file_bm25": 1.05,
    "file_coverage": 0.5,
    "file_hits": 0.22,
    "path": 0.7,
    "stem": 0.7,
    "stem_exact": 0.3,
    "defines": 1.32,
    "symbol": 0.5,
    "symbol_exact": 0.08,
    "test": -1.47,
    "example": -0.5,
    "generated": -0.4,
    "prose": -0.5,
    "reexport": -0.22,
}
"""Weights for a query that is the name of something."""


def weigh(measured: Measured, is_symbol: bool) -> NDArray[np.float32]:
    """The score of each candidate, float32[n]."""
    table = SYMBOL if is_symbol else QUESTION
    weights = np.array([table.get(name, 0.0) for name in FEATURES], np.float64)
    scores: NDArray[np.float64] = (measured.features * weights).sum(axis=1)
    return scores.astype(np.float32)


def choose(files: NDArray[np.int64], order: NDArray[np.int64], limit: int) -> list[int]:
    """The rows to show: the best of each file first, then the second best of each, and so on.

    `order` sorts the rows best first, ties already broken.
    """
    mine = files[order]
    by_file = np.argsort(mine, kind="stable")
    places = np.arange(len(order))
    begins = np.diff(mine[by_file], prepend=-1) != 0
    turns = np.empty(len(order), np.int64)  # how many of the same file are better
    turns[by_file] = places - np.maximum.accumulate(np.where(begins, places, 0))
    chosen: list[int] = order[np.lexsort((places, turns))[:limit]].tolist()
    return chosen
