"""Line starts: the only definition of a line, on which every line number relies."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

_LF, _CR = 0x0A, 0x0D


def line_starts(text: bytes) -> NDArray[np.int64]:
    """Return the byte offset at which each line begins; line n (1-based) is at `[n - 1]`.

    LF, CRLF and a lone CR end a line, as in `bytes.splitlines`: a final line end adds no empty
    line, and an empty text has no lines.
    """
    codes = np.frombuffer(text, dtype=np.uint8)
    ends = codes == _LF
    if b"\r" in text:
        carriage_returns = codes == _CR
        carriage_returns[:-1] &= ~ends[1:]  # CRLF ends its line once, at the LF
        ends |= carriage_returns
    after: NDArray[np.int64] = ends[:-1].nonzero()[0]
    if not text:
        return after
    starts = np.zeros(1 + len(after), np.int64)
    np.add(after, 1, out=starts[1:])
    return starts


def line_starts_of_short(text: bytes) -> list[int]:
    """Return `line_starts` of a text of few lines, such as a chunk, in a third of the time."""
    ends = accumulate(map(len, text.splitlines(keepends=True)), initial=0)
    return list(ends)[:-1]
