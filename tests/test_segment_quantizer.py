"""Codes stand for their rows as closely as int8 can, whatever company a row is in."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from codelode.segment.quantizer import quantize

rows = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.just(24)),
    elements=st.integers(-1000, 1000).map(lambda n: n / 1000),
)


@given(rows)
def test_no_component_is_off_by_more_than_a_step(vectors: NDArray[np.float32]) -> None:
    codes, scales = quantize(vectors)
    steps = np.abs(vectors).max(axis=1) / 127
    errors = np.abs(codes * scales[:, None] - vectors)
    assert (errors <= 1.01 * steps[:, None] + 1e-7).all()
    assert (np.abs(codes.astype(int)) <= 127).all()
    assert ((scales > 0) == vectors.any(axis=1)).all()


@given(rows)
def test_no_other_scale_comes_closer(vectors: NDArray[np.float32]) -> None:
    codes, scales = quantize(vectors)
    exact, wide = vectors.astype(np.float64), codes.astype(np.float64)
    for factor in (0.99, 0.999, 1.001, 1.01):
        best = np.square(exact - wide * scales[:, None].astype(np.float64)).sum(axis=1)
        other = np.square(exact - wide * (factor * scales[:, None].astype(np.float64))).sum(axis=1)
        assert (best <= other + 1e-12).all()


@given(rows)
def test_a_row_is_the_same_in_any_company(vectors: NDArray[np.float32]) -> None:
    codes, scales = quantize(vectors)
    for number, row in enumerate(vectors):
        alone_codes, alone_scales = quantize(row[None, :])
        assert (alone_codes[0] == codes[number]).all() and alone_scales[0] == scales[number]
