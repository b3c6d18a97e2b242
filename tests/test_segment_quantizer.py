"""Codes approximate their vectors as closely as possible, independently of other vectors."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from codelode.segment.quantizer import (
    QUARTER_UNIT,
    SCALE_UNIT,
    Quantized,
    in_quarters,
    quantize,
    scan_codes,
)


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    exact = rows.astype(np.float64)
    lengths = np.sqrt(np.square(exact).sum(axis=1, keepdims=True))
    units: NDArray[np.float32] = (exact / np.maximum(lengths, 1e-9)).astype(np.float32)
    return units


rows = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.sampled_from([1, 16, 21])),
    elements=st.integers(-1000, 1000).map(lambda n: n / 1000),
).map(unit)


def restored(quantized: Quantized) -> NDArray[np.float64]:
    quarters = in_quarters(quantized.codes, quantized.residuals)
    return quarters * (quantized.scales[:, None] * QUARTER_UNIT)


@given(rows)
def test_no_component_is_off_by_more_than_its_step(vectors: NDArray[np.float32]) -> None:
    quantized = quantize(vectors)
    steps = np.abs(vectors).max(axis=1) / 127.25
    alone = quantized.codes * (quantized.scales * SCALE_UNIT)[:, None]
    # Codes alone err by at most half a step, with residuals by a quarter; 0.3 is for the
    # difference of scale and step.
    assert (np.abs(alone - vectors) <= (0.5 + 0.3) * steps[:, None] + 1e-6).all()
    assert (np.abs(restored(quantized) - vectors) <= (0.25 + 0.3) * steps[:, None] + 1e-6).all()
    assert (np.abs(quantized.codes.astype(int)) <= 127).all()
    assert ((quantized.scales > 0) == vectors.any(axis=1)).all()


def test_residuals_halve_the_error() -> None:
    vectors = unit(np.random.default_rng(3).normal(size=(200, 192)).astype(np.float32))
    quantized = quantize(vectors)
    alone = quantized.codes * (quantized.scales * SCALE_UNIT)[:, None]
    errors = [np.sqrt(np.square(it - vectors).mean()) for it in (alone, restored(quantized))]
    assert errors[1] < 0.52 * errors[0]


@given(rows)
def test_no_other_scale_is_more_exact(vectors: NDArray[np.float32]) -> None:
    quantized = quantize(vectors)
    exact = vectors.astype(np.float64)
    best = np.square(exact - restored(quantized)).sum(axis=1)
    for change in (-40, -1, 1, 40):
        quarters = in_quarters(quantized.codes, quantized.residuals)
        scales = (quantized.scales.astype(np.int64) + change) * QUARTER_UNIT
        other = np.square(exact - quarters * scales[:, None]).sum(axis=1)
        assert (best <= other + 1e-12).all()


@given(rows)
def test_a_row_does_not_depend_on_other_rows(vectors: NDArray[np.float32]) -> None:
    together = quantize(vectors)
    for number, row in enumerate(vectors):
        alone = quantize(row[None, :])
        assert (alone.codes[0] == together.codes[number]).all()
        assert (alone.residuals[0] == together.residuals[number]).all()
        assert alone.scales[0] == together.scales[number]


@given(rows)
def test_a_code_and_its_residual_are_an_odd_number_of_quarters(
    vectors: NDArray[np.float32],
) -> None:
    codes, residuals, _ = quantize(vectors)
    upper = np.unpackbits(residuals, axis=1, bitorder="little")
    assert not upper[:, codes.shape[1] :].any()
    plain = 4 * codes.astype(int) + 2 * upper[:, : codes.shape[1]].astype(int) - 1
    assert (in_quarters(codes, residuals) == plain).all()


@given(rows)
def test_a_query_has_the_codes_of_a_row(vectors: NDArray[np.float32]) -> None:
    for row in vectors:
        codes, step = scan_codes(row)
        assert (codes == quantize(row[None, :]).codes).all()
        assert step == np.abs(row).max() / np.float32(127.25)
