"""Find, among many names, the names that contain a piece of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from codelode.lru import LruCache

BLOCKS_PER_SCAN = 64
"""Blocks of names that are searched together."""
_SCANS_KEPT = 16
_NEWLINE = 10


class ScannedNames:
    """Names, their ASCII letters in lower case; sorted by length when they are searched."""

    def __init__(self, names: Iterable[bytes]) -> None:
        """Take texts that hold any number of names; each name ends with a newline."""
        text = b"".join(names).lower()
        self._bytes = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero(self._bytes == _NEWLINE).astype(np.int32)
        self._starts = np.append(np.int32(0), ends[:-1] + np.int32(1))
        self._lengths = ends - self._starts
        self._by_length: dict[int, tuple[bytes, NDArray[np.intp]]] = {}

    def containing(self, pieces: Sequence[bytes], lengths: range) -> Iterator[tuple[int, bytes]]:
        """Yield the place (from 0) and the text of each name that contains one of the pieces.

        Only names whose length in bytes is among `lengths` are searched. Pieces are in lower case
        and have at least one letter. A newline in a piece stands for the beginning or the end of a
        name.
        """
        found: dict[int, bytes] = {}
        for length in lengths:
            text, places = self._having_length(length)
            width = length + 1
            for piece in pieces:
                at = text.find(piece)
                while at >= 0:
                    number = (at + piece.startswith(b"\n") - 1) // width
                    end = (number + 1) * width
                    found[int(places[number])] = text[end - length : end]
                    at = text.find(piece, end)
        yield from sorted(found.items())

    def _having_length(self, length: int) -> tuple[bytes, NDArray[np.intp]]:
        """Return the names of a length, each between two newlines, and their places."""
        known = self._by_length.get(length)
        if known is None:
            places = np.flatnonzero(self._lengths == length)
            rows = self._starts[places][:, np.newaxis] + np.arange(length + 1)
            known = self._by_length[length] = b"\n" + self._bytes[rows].tobytes(), places
        return known


_SCANNED: LruCache[tuple[int, int], ScannedNames] = LruCache(_SCANS_KEPT)
"""The names searched last, of all segments: at most about 20 MB. Whoever types a name searches them
for each letter."""


def scanned_names(key: tuple[int, int], names: Iterable[bytes], blocks: int) -> ScannedNames:
    """Return `names` ready for searches, from a cache if they are in it.

    `key` is the key of their segment, and the number of their first block. `blocks` is the number
    of blocks of the segment.
    """
    scanned = _SCANNED.get(key)
    if scanned is None:
        scanned = ScannedNames(names)
        if blocks <= BLOCKS_PER_SCAN * _SCANS_KEPT:  # else each search would evict all names
            _SCANNED.put(key, scanned)
    return scanned
