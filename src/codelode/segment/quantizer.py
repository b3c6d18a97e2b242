"""Embeddings to int8 codes, and back.

Each row is scaled by its own largest component, so that all 255 steps are used whatever the
model: code = round(127 · x / max|x|), scale = max|x| / 127.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

QUANTIZER = "int8-row-1"


def quantize(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Codes int8[n, d] and scales float32[n] of float32[n, d]; a zero row gets scale 0."""
    scales = np.abs(vectors).max(axis=1, initial=0.0) / np.float32(127)
    safe = np.where(scales > 0, scales, np.float32(1))
    codes = np.rint(vectors / safe[:, None]).astype(np.int8)
    return codes, scales.astype(np.float32)


def dequantize(codes: NDArray[np.int8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors float32[n, d] that the codes stand for."""
    return codes.astype(np.float32) * scales[:, None]
