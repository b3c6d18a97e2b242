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
    snapshot: Snapshot, languages: Sequence[str] | None, globs: Sequence[str] | None
) -> list[Mask]:
    """A mask per segment. Raises `UsageError` for a bad glob."""
    if not languages and not globs:
        return [live.chunks for live in snapshot.segments]
    wanted = GlobSet(globs) if globs else None
    return [_mask(live, languages, wanted) for live in snapshot.segments]


def _mask(live: LiveSegment, languages: Sequence[str] | None, globs: GlobSet | None) -> Mask:
    segment = live.segment
    files = live.files & (segment.files["skip"] == 0)
    if languages:
        numbers = [i for i, name in enumerate(segment.languages, 1) if name in set(languages)]
        files &= np.isin(segment.files["language"], numbers)
    if globs is not None:
        rows = np.flatnonzero(files)
        files[rows] = [globs.matches(segment.path(int(row))) for row in rows]
    allowed: NDArray[np.bool_] = files[segment.chunk_files]
    return allowed
