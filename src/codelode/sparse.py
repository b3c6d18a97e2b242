"""Compressed sparse rows: row i of a flat array lies at `[starts[i], starts[i+1])`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def ranges(begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The concatenation of `arange(begin, begin + length)` over all pairs; int64 all."""
    ends = np.cumsum(lengths)
    return np.repeat(begins - ends + lengths, lengths) + np.arange(ends[-1] if len(ends) else 0)
