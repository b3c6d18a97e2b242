"""Embeddings to codes: int8 for the scan, and one bit more per component for rescoring.

Each unit row is scaled by its own largest component, so that all steps are used whatever the model:
code = round(127.25 · x / max|x|). The *residual* is one bit, which says in which
half of its step a component lies: with it, the
component is known as `code ± 1/4` steps, twice as exactly. Of the ten nearest of 129,082 chunks of
the Linux kernel, codes alone find 99.0 %, codes and residuals 99.6 %.

The scale of a row is chosen so that `code ± 1/4`, scaled, comes closest to the row (least squares).
It is kept in units of 2^-22: rounding the scale moves a cosine a tenth as far as rounding the codes
does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

QUANTIZER = "int8-row-3"
SCALE_UNIT = np.float32(2.0**-22)

_LARGEST = np.float32(127.25)  # the largest component in steps; code and residual are exact for it
_QUARTERS = 4  # a code and its residual are together an odd number of quarter steps
QUARTER_UNIT = 2.0**-22 / _QUARTERS
"""The factor of a sum over quarters of a step, in addition to the scale."""


class Quantized(NamedTuple):
    """Codes int8[n, d]; residuals uint8[n, d / 8], a bit for each code; scales uint16[n]."""

    codes: NDArray[np.int8]
    residuals: NDArray[np.uint8]
    scales: NDArray[np.uint16]


def residual_bytes(dimensions: int) -> int:
    """Return the number of bytes that the residuals of a row take."""
    return -(-dimensions // 8)


def scan_codes(vector: NDArray[np.float32]) -> tuple[NDArray[np.int8], np.float32]:
    """Return the codes int8[1, d] of a query float32[d], and the step between codes."""
    halves, steps = _in_half_steps(vector[None, :])
    return _codes(halves.astype(np.int16)), steps[0]


def quantize(vectors: NDArray[np.float32]) -> Quantized:
    """Return the codes, residuals and scales of unit rows float32[n, d]; a zero row has scale 0."""
    halves, _ = _in_half_steps(vectors)
    whole = halves.astype(np.int16)
    upper = (~whole & 1).astype(np.uint8)
    middles = halves.astype(np.float64) + 0.5
    squares = np.einsum("ij,ij->i", middles, middles)
    closest = 2 * np.einsum("ij,ij->i", vectors.astype(np.float64), middles) / squares
    units = np.minimum(np.rint(closest / SCALE_UNIT), np.iinfo(np.uint16).max)
    return Quantized(
        _codes(whole), np.packbits(upper, axis=1, bitorder="little"), units.astype(np.uint16)
    )


def in_quarters(codes: NDArray[np.int8], residuals: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return codes and residuals together, in quarters of a step: int16[n, d]."""
    halves = np.unpackbits(residuals, axis=1, count=codes.shape[1], bitorder="little")
    halves += halves
    quarters: NDArray[np.int16] = codes * np.int16(_QUARTERS)
    quarters += halves
    quarters -= 1
    return quarters


def _in_half_steps(
    vectors: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return vectors in half steps (rounded down, float32[n, d]), and the step of each row."""
    steps = np.abs(vectors).max(axis=1, initial=0.0) / _LARGEST
    halves = vectors / np.where(steps > 0, steps / 2, np.float32(1))[:, None]
    return np.floor(halves, out=halves), steps


def _codes(halves: NDArray[np.int16]) -> NDArray[np.int8]:
    """Return the codes, int8[n, d], of components in half steps: each rounded to a whole step."""
    return (halves + np.int16(1) >> 1).astype(np.int8)
