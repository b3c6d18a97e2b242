"""The pieces that a searcher has open, found by view and by the set of pieces to search."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from codelode.cluster.piece_caches import PieceCaches
from codelode.errors import CodelodeError, StoreError
from codelode.lru import LruCache
from codelode.search.candidates import chunk_keys, split_keys
from codelode.search.shard import Shard
from codelode.store.manifest import Manifest
from codelode.store.snapshot import LiveSegment, Snapshot

if TYPE_CHECKING:
    from codelode.cluster.files import PieceFiles
    from codelode.cluster.pieces import Piece
    from codelode.cluster.rounds import Pieces

_SHARDS = 64
"""The number of sets of pieces that are kept; they share their caches."""

_MOST_PAUSE = 30.0
"""The longest pause between attempts to open a piece, in seconds."""


class UnknownViewError(LookupError):
    """A view that was not opened here, or was closed."""


class HeldShard:
    """Some pieces of a view as one shard. `numbers` int64[segments] are the pieces' numbers."""

    def __init__(self, pieces: list[tuple[int, Piece, LiveSegment]], caches: PieceCaches) -> None:
        """Take open pieces with their ascending numbers and segments, and the caches to use."""
        numbers = [number for number, _, _ in pieces]
        self.numbers = np.array(numbers, np.int64)
        segments = [live for _, _, live in pieces]
        prefixes = [piece.prefix for _, piece, _ in pieces]
        slots = [caches.slot(piece) for _, piece, _ in pieces]
        snapshot = Snapshot(_manifest(segments), segments)
        self.shard = Shard(snapshot, prefixes, caches.segments, slots)

    def renumbered(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return chunk keys with each segment number replaced by the number of its piece."""
        segments, ordinals = split_keys(keys)
        return chunk_keys(self.numbers[segments], ordinals)


class OpenView:
    """The pieces of one view that this searcher holds."""

    def __init__(self, count: int, pieces: dict[int, Piece]) -> None:
        """Take the number of pieces of the view, and the pieces to hold here, by number."""
        self.count = count
        self.pieces = pieces
        self.segments: dict[int, LiveSegment] = {}
        self.holders: set[Hashable] = set()
        self._shards: LruCache[bytes, HeldShard] = LruCache(_SHARDS)

    def part(self, pieces: Pieces, caches: PieceCaches) -> tuple[HeldShard, list[int]]:
        """Return a shard of the open pieces among `pieces`, and the numbers of the other pieces."""
        numbers = np.flatnonzero(pieces).tolist()
        missing = [number for number in numbers if number not in self.segments]
        key = np.packbits(pieces).tobytes() + bytes(str(missing), "ascii")
        held = self._shards.get(key)
        if held is None:
            there = [
                (number, self.pieces[number], self.segments[number])
                for number in numbers
                if number in self.segments
            ]
            held = HeldShard(there, caches)
            self._shards.put(key, held)
        return held, missing

    def drop(self, number: int) -> None:
        """Forget an open piece, because it is damaged."""
        self.segments.pop(number, None)
        self._shards = LruCache(_SHARDS)


class _Failure(NamedTuple):
    """The failed attempts to open a piece: their number, the last `problem`, and its time."""

    problem: str
    times: int
    at: float

    def is_due(self, now: float) -> bool:
        """Return whether to try again: after a second, then after longer and longer times."""
        return now - self.at >= min(2.0 ** (self.times - 1), _MOST_PAUSE)


class Holdings:
    """All views that are open here. Any thread may call."""

    def __init__(self, files: PieceFiles) -> None:
        self.caches = PieceCaches()
        self._files = files
        self._lock = threading.Lock()
        self._views: dict[str, OpenView] = {}
        self._failed: dict[tuple[str, str], _Failure] = {}
        self._opened: WeakValueDictionary[tuple[str, str], LiveSegment] = WeakValueDictionary()

    def open(self, name: str, view: OpenView, holder: Hashable) -> dict[int, str]:
        """Open the pieces of a view; return the problems of pieces that are not open, by number.

        The view is kept until all its holders have closed it.
        """
        with self._lock:
            view = self._views.setdefault(name, view)
            view.holders.add(holder)
            self._keep_caches()
        return self.open_missing(view)

    def open_missing(self, view: OpenView) -> dict[int, str]:
        """Open the pieces of a view that are not open yet; return problems by piece number."""
        problems = {}
        closed = [number for number in view.pieces if number not in view.segments]
        keys = {number: _key(view.pieces[number]) for number in closed}
        due = {key for key in keys.values() if self._is_due(key)}
        new = [view.pieces[number] for number in closed if keys[number] in due]
        if new:
            self._files.fetch(new)
        for number, key in keys.items():
            live = self._opened.get(key)
            if live is None and key in due:
                live = self._open_piece(view.pieces[number], key)
            if live is None:
                failed = self._failed.get(key)  # None: another view has just closed the piece
                problems[number] = "" if failed is None else failed.problem
            else:
                view.segments[number] = live
        return problems

    def _is_due(self, key: tuple[str, str]) -> bool:
        """Return whether to open a piece now: it is not open, and has not failed lately."""
        failed = self._failed.get(key)
        return key not in self._opened and (failed is None or failed.is_due(time.monotonic()))

    def _open_piece(self, piece: Piece, key: tuple[str, str]) -> LiveSegment | None:
        """Open a piece; return None and note the failure if that cannot be done."""
        try:
            live = self._files.open(piece)
        except (CodelodeError, OSError) as error:
            if isinstance(error, StoreError):
                self._files.discard_damaged(piece)
            failed = self._failed.get(key)
            times = 1 if failed is None else failed.times + 1
            self._failed[key] = _Failure(f"{piece.repository}: {error}", times, time.monotonic())
            return None
        self._failed.pop(key, None)
        self._opened[key] = live
        return live

    def view(self, name: str) -> OpenView:
        """Return an open view. Raises `UnknownViewError`."""
        with self._lock:
            if name not in self._views:
                raise UnknownViewError(name)
            return self._views[name]

    def views(self) -> list[OpenView]:
        """Return all open views."""
        with self._lock:
            return list(self._views.values())

    def close(self, name: str, holder: Hashable) -> None:
        """Release a view for one holder; close the view if this was its last holder."""
        with self._lock:
            view = self._views.get(name)
            if view is not None:
                view.holders.discard(holder)
                if not view.holders:
                    del self._views[name]
                    for piece in view.pieces.values():
                        self._failed.pop(_key(piece), None)
                    self._keep_caches()

    def _keep_caches(self) -> None:
        """Keep the caches of the pieces of all open views; drop the caches of other pieces."""
        views = self._views.values()
        self.caches.keep(piece for view in views for piece in view.pieces.values())

    def close_all(self, holder: Hashable) -> None:
        """Release every view for one holder, as `close` does."""
        with self._lock:
            names = list(self._views)
        for name in names:
            self.close(name, holder)

    def drop(self, view: OpenView, numbers: list[int]) -> None:
        """Forget damaged pieces, so that they are opened again."""
        for number in numbers:
            piece = view.pieces[number]
            self._opened.pop(_key(piece), None)
            self._files.discard_damaged(piece)
            self.caches.forget(piece)
            view.drop(number)


def _key(piece: Piece) -> tuple[str, str]:
    """Return the key of an open piece: it identifies the piece's bytes and its dead files."""
    return piece.key, piece.entry.dead


def _manifest(segments: list[LiveSegment]) -> Manifest:
    """Return a manifest with nothing but some segments: the statistics come with each search."""
    entries = tuple(live.entry for live in segments)
    dimensions = segments[0].segment.dimensions if segments else 0
    return Manifest(
        generation=0,
        root="",
        started_ns=0,
        encoder="",
        fingerprint="",
        dimensions=dimensions,
        quantizer="",
        chunker="",
        tokenizer="",
        options={},
        segments=entries,
    )
