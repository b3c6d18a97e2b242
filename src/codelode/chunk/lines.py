"""Split points where syntax gives none: before lines with little indentation.

Blank lines stay with the text before them. A line of closing brackets begins a chunk only if there
is no other choice.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from codelode.chunk.sizes import MAX_CHUNK_BYTES, MAX_LINE_BYTES
from codelode.lazy import cached_property
from codelode.text.lines import line_starts

_MAX_INDENT: Final = 40
_AFTER_TEXT: Final = 1  # cost of a cut that has no blank line before it
_BEFORE_CLOSER: Final = 50
_BEFORE_BLANK: Final = 60
_MAX_CONTINUATION: Final = 3  # bytes of a UTF-8 character after its first
_ENCODED: Final = re.compile(rb"[A-Za-z0-9+/=_-]{200,}")  # base64, hexadecimal
_CLOSERS: Final = np.isin(np.arange(256), list(b")]}>"))
_VISIBLE: Final = bytes(byte not in b" \t\r\n\f\v" for byte in range(256))


class Lines:
    """The lines of one text: their offsets, lengths and numbers, and split points between them."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Byte offset of each line; computed at the first use."""
        return line_starts(self.text)

    def long_bytes(self) -> int:
        """Return the number of bytes in lines over `MAX_LINE_BYTES`, except encoded data."""
        if not self._has_long():
            return 0
        lengths = np.diff(self.offsets, append=len(self.text))
        long = lengths > MAX_LINE_BYTES
        starts = self.offsets[long].tolist()
        ends = (self.offsets[long] + lengths[long]).tolist()
        data = sum(
            len(run[0])
            for start, end in zip(starts, ends, strict=True)
            for run in _ENCODED.finditer(self.text, start, end)
        )
        return int(lengths[long].sum()) - data

    def _has_long(self) -> bool:
        """Return whether there may be a line over `MAX_LINE_BYTES`, without finding all lines."""
        at = 0
        while len(self.text) - at > MAX_LINE_BYTES:
            at = self.text.rfind(b"\n", at, at + MAX_LINE_BYTES) + 1
            if not at:
                return True
        return False

    def numbers(self, bounds: list[int]) -> Iterator[tuple[int, int]]:
        """Yield the first and last line number (from 1) of each piece between adjacent bounds."""
        starts, ends = bounds[:-1], [end - 1 for end in bounds[1:]]
        found: list[int] = self.offsets.searchsorted(starts + ends, side="right").tolist()
        yield from zip(found[: len(starts)], found[len(starts) :], strict=True)

    def cuts(self, start: int, end: int) -> list[int]:
        """Split the lines of `text[start:end]` into pieces: up to `MAX_CHUNK_BYTES`, or one line.

        A line over `MAX_LINE_BYTES` is split too. Returns the offsets between the pieces.
        """
        found: list[int] = []
        piece = self.text[start:end]
        offsets = line_starts(piece)
        costs = _costs(piece, offsets)
        starts: list[int] = (offsets + start).tolist()
        while end - start > MAX_CHUNK_BYTES:
            low = bisect_left(starts, start + MAX_CHUNK_BYTES // 2)
            high = bisect_right(starts, start + MAX_CHUNK_BYTES)
            if low < high:
                window = costs[low:high]
                window.reverse()  # the last of equally good places wins: fewer chunks
                start = starts[high - 1 - window.index(min(window))]
            elif starts[high - 1] > start:  # stop before the long line
                start = starts[high - 1]
            else:
                after = starts[high] if high < len(starts) else end
                found += self.inside_line(start, after)
                if after == end:
                    break
                start = after
            found.append(start)
        return found

    def inside_line(self, start: int, end: int) -> list[int]:
        """Split one line that is too long into equal pieces, between characters."""
        if end - start <= MAX_LINE_BYTES:
            return []
        count = -(-(end - start) // (MAX_LINE_BYTES - _MAX_CONTINUATION))
        offsets = (start + (end - start) * i // count for i in range(1, count))
        return [self.character_start(offset) for offset in offsets]

    def character_start(self, offset: int) -> int:
        """Return the offset of the first byte of the UTF-8 character at `offset`."""
        for at in range(offset, offset - _MAX_CONTINUATION - 1, -1):
            if self.text[at] & 0xC0 != 0x80:
                return at
        return offset  # not UTF-8


def _costs(text: bytes, offsets: NDArray[np.int64]) -> list[int]:
    """Return the cost of a split before each line (at `offsets`): less is better."""
    end = len(text)
    visible = np.append(np.flatnonzero(np.frombuffer(text.translate(_VISIBLE), np.bool_)), end)
    shown = visible[np.searchsorted(visible, offsets)]  # the first visible character of each line
    blank = shown >= np.append(offsets[1:], end)
    costs = 2 * np.minimum(shown - offsets, _MAX_INDENT)
    costs[1:] += np.where(blank[:-1], 0, _AFTER_TEXT)
    closing = _CLOSERS[np.frombuffer(text, np.uint8)[np.minimum(shown, end - 1)]]
    costs += np.where(closing, _BEFORE_CLOSER, 0)
    costs[blank] = _BEFORE_BLANK + 2 * _MAX_INDENT
    result: list[int] = costs.tolist()
    return result
