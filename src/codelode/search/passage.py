"""`Passage`: a chunk from which a hit is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Passage(NamedTuple):
    """A chunk from which a hit is made; unlike `types.Passages`, not for an encoder.

    It has the row and the path of its file, its first line, its text in UTF-8, and where each line
    begins in it.
    """

    file: int
    path: str
    first_line: int
    text: bytes
    starts: Sequence[int]

    @property
    def last_line(self) -> int:
        """The last line, at least the first."""
        return self.first_line + max(len(self.starts) - 1, 0)

    def lines(self, first: int, stop: int) -> list[bytes]:
        """Return the texts of the lines `[first, stop)`; the first line of the passage is 0."""
        bounds = [*self.starts, len(self.text)]
        return [self.text[bounds[row] : bounds[row + 1]] for row in range(first, stop)]
