"""The chunks that may answer: live ones, of the languages and globs asked for.

Filters run before the best are chosen, in every leg: if anything matches the filter, the answer has
it. The masks of a filter are computed once per shard: people and programs repeat their filters.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.discover.glob import GlobSet
from codelode.text.csr import runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment
    from codelode.store.snapshot import LiveSegment


@dataclass(frozen=True, slots=True)
class Allowed:
    """The allowed chunks of a segment, if some are not allowed.

    `mask` is bool[chunks], `ordinals` uint16[n]; `runs` int64[m, 2] are where runs of neighbors
    begin and end.
    """

    mask: NDArray[np.bool_]
    ordinals: NDArray[np.uint16]
    runs: NDArray[np.int64]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> Allowed:
        """Return the chunks that a mask allows."""
        return cls(mask, np.flatnonzero(mask).astype(np.uint16), runs_of(mask))

    def __len__(self) -> int:
        return len(self.ordinals)

    def keep(self, ordinals: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the given ordinals that are allowed."""
        return ordinals[self.mask[ordinals]] if len(self) else ordinals[:0]


Mask = Allowed | None
"""None where every chunk may answer."""

_NOTHING = Allowed.of(np.zeros(0, bool))


def chunk_masks(
    shard: Shard,
    languages: Sequence[str] | None = None,
    globs: Sequence[str] | None = None,
    below: str = "",
) -> list[Mask]:
    """Return a mask per segment. Raises `UsageError` for a bad glob.

    `below` is the path of a folder, with a final slash, or empty; globs are relative to it.
    """
    key = (frozenset(languages or ()), tuple(globs or ()), below)
    masks = shard.masks.get(key)
    if masks is None:
        masks = _masks(shard, *key)
        shard.masks.put(key, masks)
    return masks


def covers(shard: Shard, below: str) -> bool:
    """Return whether a shard has anything below a folder, given by its path with a final slash."""
    return any(mask is None or len(mask) for mask in chunk_masks(shard, below=below))


def _masks(
    shard: Shard, languages: frozenset[str], globs: tuple[str, ...], below: str
) -> list[Mask]:
    if not languages and not globs and not below:
        return [_of(live.chunks) for live in shard.snapshot.segments]
    wanted = GlobSet(globs)
    return [_mask(live, languages, wanted, below) for live in shard.snapshot.segments]


def _mask(live: LiveSegment, languages: frozenset[str], globs: GlobSet, below: str) -> Mask:
    segment = live.segment
    files = live.files & (segment.files["skip"] == 0)
    if languages:
        numbers = [i for i, name in enumerate(segment.languages, 1) if name in languages]
        files &= np.isin(segment.files["language"], numbers)
    if globs or below:
        rows = np.flatnonzero(files)
        folder = os.fsencode(below)
        files[rows] = [
            path.startswith(folder) and globs.matches(path[len(folder) :])
            for path in _paths(segment, rows)
        ]
    return _of(files[segment.chunks["file"]])


def _of(mask: NDArray[np.bool_] | None) -> Mask:
    if mask is None or mask.all():
        return None
    return Allowed.of(mask) if mask.any() else _NOTHING


def _paths(segment: Segment, rows: NDArray[np.intp]) -> Iterator[bytes]:
    """Yield the paths of some files, all from one read: a microsecond each."""
    paths = bytes(segment.file.read("paths"))
    starts = segment.files["path_start"][rows].tolist()
    lengths = segment.files["path_length"][rows].tolist()
    return (paths[start : start + n] for start, n in zip(starts, lengths, strict=True))
