"""Merge the names of several segments or runs, a range of keys at a time.

At most about `NAMES_PER_PIECE` names, and a block of each source, are in memory as Python objects.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import chain, compress
from operator import ne
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from codelode.segment.name_keys import sortable
from codelode.segment.names import NameBlocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from codelode.segment.names import SortedNames

NAMES_PER_PIECE = 8192


class MergedNames(NamedTuple):
    """The merged names, and for each source the new numbers of its names.

    `numbers[i]` int32[n + 1] belongs to source i. It maps 1 + the old number of a name to 1 + its
    new number, or to 0 if the name is dropped. It maps 0 to 0.
    """

    blocks: NameBlocks
    numbers: list[NDArray[np.int32]]


def merge_names(sources: Sequence[SortedNames]) -> MergedNames:
    """Merge the names of several segments or runs, each name once."""
    cursors = [_Cursor(source.kept()) for source in sources]
    numbers: list[list[NDArray[np.int32]]] = [[np.zeros(1, np.int32)] for _ in sources]
    blocks, total = NameBlocks(), 0
    for stop in (*_cuts(sources), None):
        taken = [cursor.before(stop) for cursor in cursors]
        keys = list(chain.from_iterable([each for each, _ in taken]))
        names = list(chain.from_iterable([each for _, each in taken]))
        order = sorted(range(len(keys)), key=keys.__getitem__)
        in_order = list(map(keys.__getitem__, order))
        new = list(map(ne, in_order, ["", *in_order]))
        number = np.zeros(len(order), np.int32)
        number[order] = np.cumsum(new) + total
        ends = np.cumsum([len(each) for each, _ in taken])
        for mine, part in zip(numbers, np.split(number, ends[:-1]), strict=True):
            mine.append(part)
        blocks.add(map(names.__getitem__, compress(order, new)))
        total += sum(new)
    blocks.finish()
    joined = [np.concatenate(each) for each in numbers]
    return MergedNames(blocks, [_spread(s, n) for s, n in zip(sources, joined, strict=True)])


def _cuts(sources: Sequence[SortedNames]) -> list[str]:
    """Return sort keys that divide all names into pieces of about `NAMES_PER_PIECE`."""
    most = max((source.per for source in sources), default=1)
    step = max(1, NAMES_PER_PIECE // most)
    return sorted(chain.from_iterable(source.heads for source in sources))[step::step]


def _spread(source: SortedNames, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return numbers for all names of a source: new ones for the kept names, 0 for the others."""
    if source.used is None:
        return numbers
    spread = np.zeros(1 + len(source.used), np.int32)
    spread[1:][np.flatnonzero(source.used)[: len(numbers) - 1]] = numbers[1:]
    return spread


class _Cursor:
    """Takes names from blocks in order, each with its sort key: see `sortable`."""

    def __init__(self, blocks: Iterator[list[str]]) -> None:
        self._blocks = blocks
        self._next()

    def _next(self) -> None:
        self._names = next(self._blocks, [])
        self._keys = sortable(self._names)

    def before(self, stop: str | None) -> tuple[list[str], list[str]]:
        """Take the keys and the names that sort before `stop`; all that are left if it is None."""
        keys: list[str] = []
        names: list[str] = []
        while self._names and (stop is None or self._keys[-1] < stop):
            keys += self._keys
            names += self._names
            self._next()
        if self._names and stop is not None and self._keys[0] < stop:
            at = bisect_left(self._keys, stop)
            keys += self._keys[:at]
            names += self._names[:at]
            del self._keys[:at], self._names[:at]
        return keys, names
