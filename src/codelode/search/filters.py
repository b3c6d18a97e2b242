"""Which chunks may answer: live ones, of the languages and globs asked for.

Decided before top-k in every leg, so that a filter never empties an answer that has one. What a
filter allows is worked out once per snapshot: people and programs ask again with the same one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.discover.glob import GlobSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.segment.reader import Segment
    from codelode.store.snapshot import LiveSegment, Snapshot

_CACHE_BYTES = 1 << 26
"""How much what filters allow may take per snapshot; two filters are always kept."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Some chunks of a segment, not all: `mask` bool[chunks], its `ordinals` uint16 and number.

    `runs` int64[n, 2] are where they begin and end, as there are fewer of these.
    """

    mask: NDArray[np.bool_]
    ordinals: NDArray[np.uint16]
    runs: NDArray[np.int64]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> Allowed:
        """What a mask allows."""
        runs = np.flatnonzero(np.diff(mask, prepend=False, append=False)).reshape(-1, 2)
        return cls(mask, np.flatnonzero(mask).astype(np.uint16), runs)

    def __len__(self) -> int:
        return len(self.ordinals)

    def keep(self, ordinals: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of some ordinals that are allowed."""
        return ordinals[self.mask[ordinals]] if len(self) else ordinals[:0]


Mask = Allowed | None
"""None where every chunk may answer."""

_NOTHING = Allowed.of(np.zeros(0, bool))


def chunk_masks(
    snapshot: Snapshot,
    languages: Sequence[str] | None,
    globs: Sequence[str] | None,
    below: str = "",
) -> list[Mask]:
    """A mask per segment. Raises `UsageError` for a bad glob.

    `below` is the path of a folder, with a final slash, or empty; globs are relative to it.
    """
    key = (frozenset(languages or ()), tuple(globs or ()), below)
    known: list[Mask] | None = snapshot.filters.get(key)
    if known is not None:
        return known
    masks = _masks(snapshot, *key)
    snapshot.filters.put(key, masks, max(2, _CACHE_BYTES // (4 * snapshot.manifest.chunks + 1)))
    return masks


def _masks(
    snapshot: Snapshot, languages: frozenset[str], globs: tuple[str, ...], below: str
) -> list[Mask]:
    if not languages and not globs and not below:
        return [_of(live.chunks) for live in snapshot.segments]
    wanted = GlobSet(globs)
    return [_mask(live, languages, wanted, below) for live in snapshot.segments]


def covers(snapshot: Snapshot, below: str) -> bool:
    """Whether a snapshot has anything below a folder (its path with a final slash)."""
    return any(mask is None or len(mask) for mask in chunk_masks(snapshot, None, None, below))


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
    """The paths of some files: all from one read, a microsecond each."""
    paths = bytes(segment.file.read("paths"))
    starts = segment.files["path_start"][rows].tolist()
    lengths = segment.files["path_length"][rows].tolist()
    return (paths[start : start + n] for start, n in zip(starts, lengths, strict=True))
