"""The caches of searches in the pieces of a searcher.

They outlive views: a new generation, or a searcher that comes or goes, makes a new view of mostly
the same pieces. Otherwise, the next search for a fixed string or regex would read all texts again.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from codelode.search.segment_caches import SegmentCaches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codelode.cluster.pieces import Piece

_AVERAGES = 4
"""The number of selections of repositories whose average lengths are kept."""

_Name = tuple[str, str, str]


class PieceCaches:
    """Caches of searches, and the slot of each piece in them."""

    def __init__(self) -> None:
        self.segments = SegmentCaches(segments=0, chunks=0, averages=_AVERAGES)
        """The caches that all shards share."""
        self._slots: dict[_Name, int] = {}
        self._unused = count()

    def slot(self, piece: Piece) -> int:
        """Return the slot of a piece: the same as long as the piece is kept."""
        slot = self._slots.get(_name(piece))
        return self._slots.setdefault(_name(piece), next(self._unused)) if slot is None else slot

    def keep(self, pieces: Iterable[Piece]) -> None:
        """Drop all pieces but `pieces`, and make room for `pieces`, which may have duplicates."""
        kept = {_name(piece): piece.entry.chunks for piece in pieces}
        self._drop(self._slots.keys() - kept.keys())
        self.segments.make_room(len(kept), sum(kept.values()))

    def forget(self, piece: Piece) -> None:
        """Drop the slot and the cached values of a damaged piece."""
        self._drop({_name(piece)})

    def _drop(self, names: Iterable[_Name]) -> None:
        dropped = (self._slots.pop(name, None) for name in names)
        self.segments.forget(slot for slot in dropped if slot is not None)


def _name(piece: Piece) -> _Name:
    """Return the key, dead files and prefix of a piece: its cached values depend on these."""
    return piece.key, piece.entry.dead, piece.prefix
