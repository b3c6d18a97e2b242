"""Which chunks may answer: live ones, of the languages and globs asked for.

Decided before top-k in every leg, so that a filter never empties an answer that has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.discover.glob import GlobSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.store.snapshot import LiveSegment, Snapshot

Mask = NDArray[np.bool_] | None
"""bool[chunks], or None where every chunk may answer."""


def chunk_masks(
    snapshot: Snapshot,
    languages: Sequence[str] | None,
    globs: Sequence[str] | None,
    below: str = "",
) -> list[Mask]:
    """A mask per segment. Raises `UsageError` for a bad glob.

    `below` is the path of a folder, with a final slash, or empty; globs are relative to it.
    """
    if not languages and not globs and not below:
        return [live.chunks for live in snapshot.segments]
    wanted = GlobSet(globs or ())
    return [_mask(live, languages, wanted, below) for live in snapshot.segments]


def covers(snapshot: Snapshot, below: str) -> bool:
    """Whether a snapshot has anything below a folder (its path with a final slash)."""
    masks = chunk_masks(snapshot, None, None, below)
    return any(mask is not None and mask.any() for mask in masks)


def _mask(live: LiveSegment, languages: Sequence[str] | None, globs: GlobSet, below: str) -> Mask:
    segment = live.segment
    files = live.files & (segment.files["skip"] == 0)
    if languages:
        numbers = [i for i, name in enumerate(segment.languages, 1) if name in set(languages)]
        files &= np.isin(segment.files["language"], numbers)
    rows = np.flatnonzero(files)
    paths = map(segment.path, rows.tolist())
    files[rows] = [p.startswith(below) and globs.matches(p.removeprefix(below)) for p in paths]
    allowed: NDArray[np.bool_] = files[segment.chunk_files]
    return allowed
