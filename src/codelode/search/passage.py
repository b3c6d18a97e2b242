"""`Passage`: a chunk from which a hit is made."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Passage:
    """A chunk from which a hit is made; unlike `types.Passages`, not for an encoder.

    It has the row and the path of its file, its first and its last line (at least the first), its
    text in UTF-8, and where each line begins in it.
    """

    __slots__ = ("file", "first_line", "last_line", "path", "starts", "text")

    def __init__(
        self, file: int, path: str, first_line: int, text: bytes, starts: Sequence[int]
    ) -> None:
        self.file = file
        self.path = path
        self.first_line = first_line
        self.last_line = first_line + max(len(starts) - 1, 0)
        self.text = text
        self.starts = starts

    def lines(self, first: int, stop: int) -> list[bytes]:
        """Return the texts of the lines `[first, stop)`; the first line of the passage is 0."""
        bounds = [*self.starts[first : stop + 1], len(self.text)]
        return [self.text[begin:end] for begin, end in pairwise(bounds[: stop - first + 1])]
