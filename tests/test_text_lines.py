"""Line numbers agree with `bytes.splitlines` for every mixture of line ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.text.lines import line_starts, line_starts_of_short


def naive(text: bytes) -> list[int]:
    starts, offset = [], 0
    for line in text.splitlines(keepends=True):
        starts.append(offset)
        offset += len(line)
    return starts


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        (b"", []),
        (b"\n", [0]),
        (b"\r\n", [0]),
        (b"\r", [0]),
        (b"a", [0]),
        (b"a\nb", [0, 2]),
        (b"a\nb\n", [0, 2]),
        (b"a\r\nb\r\n", [0, 3]),
        (b"a\rb\r", [0, 2]),
        (b"\n\r\n\r\r\n", [0, 1, 3, 4]),
        ("é\u2028\x85\n\x0cb".encode(), [0, 8]),  # only CR and LF end a line
    ],
)
def test_examples(text: bytes, starts: list[int]) -> None:
    assert line_starts(text).tolist() == starts


@given(st.lists(st.sampled_from([b"\n", b"\r", b"a", b"\xc3\xa9", b"\x0b", b"\x85"])))
def test_agrees_with_splitlines(pieces: list[bytes]) -> None:
    text = b"".join(pieces)
    starts = line_starts(text)
    assert starts.dtype == np.int64
    assert starts.tolist() == line_starts_of_short(text) == naive(text)
