"""The masks of patterns: a front keeps them, and gives them to searchers that lack them.

A mask says which chunks of a piece match the patterns and filters of a search. The first search
with a pattern reads all texts, which may take longer than a search should. So searchers tell a
front the masks that they have computed. A searcher that takes the place of another, after a
failure or in a new view, gets them with its first call.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from codelode.cluster.arrays import field_of
from codelode.lru import LruCache
from codelode.search.filters import mask_of
from codelode.system.framing import Frame, FrameError

if TYPE_CHECKING:
    from codelode.cluster.holdings import HeldShard
    from codelode.cluster.pieces import Piece
    from codelode.cluster.rounds import Pieces
    from codelode.search.filters import Mask

_FILTERS = 64
"""The number of filters whose masks a front keeps."""

_MOST_BYTES = 1 << 20
"""The memory for the masks of one filter; larger ones are not kept. A million chunks take up to
128 KB."""

_Name = tuple[str, str]


class FilterMasks:
    """The masks of one filter, by piece, and the searchers that have them; it is thread-safe."""

    def __init__(self) -> None:
        self._packed: dict[_Name, bytes] = {}
        self._having: WeakKeyDictionary[Hashable, set[_Name]] = WeakKeyDictionary()
        self._is_large = False
        """Whether the masks are too large to be kept; then `_packed` has only their names."""
        self._lock = threading.Lock()

    def lacks(self, pieces: Sequence[Piece], wanted: Pieces) -> bool:
        """Return whether there is a wanted piece whose mask no searcher has computed."""
        return any(_name(piece) not in self._packed for _, piece in _chosen(pieces, wanted))

    def request(self, pieces: Sequence[Piece], wanted: Pieces, link: Hashable) -> Frame:
        """Return the fields and the bytes to add to a call to a searcher.

        They ask for the masks that the front does not know, and bring those that the searcher
        lacks.
        """
        if self._is_large:
            return {}, b""
        there = self._having.get(link) or set()
        tell, given = [], {}
        for number, piece in _chosen(pieces, wanted):
            packed = self._packed.get(_name(piece))
            if packed is None:
                tell.append(number)
            elif packed and _name(piece) not in there:
                given[number] = packed
        masks, body = pack_masks(given)
        return {"tell": tell, "masks": masks}, body

    def note(
        self, pieces: Sequence[Piece], covered: Pieces, link: Hashable, told: Mapping[int, bytes]
    ) -> None:
        """Note that a searcher has the masks of `covered` pieces, and keep the masks in `told`."""
        names = [_name(piece) for _, piece in _chosen(pieces, covered)]
        with self._lock:
            self._having.setdefault(link, set()).update(names)
            if self._is_large:
                self._packed.update(dict.fromkeys(names, b""))
                return
            self._packed.update((_name(pieces[number]), packed) for number, packed in told.items())
            if told and sum(map(len, self._packed.values())) > _MOST_BYTES:
                self._shrink({_name(piece) for piece in pieces})

    def _shrink(self, current: set[_Name]) -> None:
        """Keep only the masks of `current`; if these are too large, never keep any mask again."""
        kept = {name: packed for name, packed in self._packed.items() if name in current}
        self._is_large = sum(map(len, kept.values())) > _MOST_BYTES
        self._packed = dict.fromkeys(kept, b"") if self._is_large else kept
        for there in list(self._having.values()):
            there &= current


class KnownMasks:
    """The masks of the filters that were used last."""

    def __init__(self) -> None:
        self._filters: LruCache[Hashable, FilterMasks] = LruCache(_FILTERS)

    def of(self, key: Hashable) -> FilterMasks:
        """Return the masks of a filter; `key` is its `search.filters.mask_key`."""
        found = self._filters.get(key)
        if found is None:
            found = FilterMasks()
            self._filters.put(key, found)
        return found


def learn(held: HeldShard, key: Hashable, given: Mapping[int, bytes]) -> None:
    """Cache masks, given by piece number, of the pieces in a shard. Raises `FrameError`."""
    for number, packed in given.items():
        place = _place(held, number)
        if place is not None:
            mask = _unpack_mask(packed, len(held.shard.segment(place).chunks))
            held.shard.caches.masks.put((key, held.shard.slots[place]), (mask,))


def known(held: HeldShard, key: Hashable, numbers: Sequence[int]) -> dict[int, bytes]:
    """Return the cached masks of a filter, packed, by piece number."""
    found = {}
    for number in numbers:
        place = _place(held, number)
        if place is not None:
            cached = held.shard.caches.masks.get((key, held.shard.slots[place]))
            if cached is not None:
                found[number] = _pack_mask(cached[0], len(held.shard.segment(place).chunks))
    return found


def pack_masks(masks: Mapping[int, bytes]) -> tuple[list[list[int]], bytes]:
    """Return the piece numbers and sizes of packed masks for a head, and the masks for a body."""
    return [[number, len(packed)] for number, packed in masks.items()], b"".join(masks.values())


def take_masks(frame: Frame) -> tuple[dict[int, bytes], Frame]:
    """Return the masks of a frame, and the frame without them. Raises `FrameError`."""
    head, body = frame
    listed = field_of(head, "masks") if "masks" in head else []
    if not isinstance(listed, list) or not all(_is_listed(each) for each in listed):
        raise FrameError("no list of masks")
    at = len(body) - sum(size for _, size in listed)
    if at < 0:
        raise FrameError("masks that are cut short")
    rest, masks = body[:at], {}
    for number, size in listed:
        masks[number] = body[at : at + size]
        at += size
    return masks, (head, rest)


def numbers_of(head: Any, name: str) -> list[int]:
    """Return the numbers in a field of a frame's JSON; [] if absent. Raises `FrameError`."""
    numbers = head.get(name, [])
    if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
        raise FrameError(f"{name} has no numbers")
    return numbers


def _is_listed(each: Any) -> bool:
    return (
        isinstance(each, list)
        and len(each) == 2
        and all(type(number) is int and number >= 0 for number in each)
    )


def _chosen(pieces: Sequence[Piece], wanted: Pieces) -> list[tuple[int, Piece]]:
    return [(number, pieces[number]) for number in np.flatnonzero(wanted).tolist()]


def _name(piece: Piece) -> _Name:
    """Return a piece's key and its dead files, which together determine its masks."""
    return piece.key, piece.entry.dead


def _place(held: HeldShard, number: int) -> int | None:
    """Return the place of a piece in a shard; None if the shard does not hold the piece."""
    place = int(held.numbers.searchsorted(number))
    is_there = place < len(held.numbers) and held.numbers[place] == number
    return place if is_there else None


def _pack_mask(mask: Mask, chunks: int) -> bytes:
    bits = np.ones(chunks, bool) if mask is None else mask.mask
    if not len(bits):  # no chunk is allowed
        bits = np.zeros(chunks, bool)
    return zlib.compress(np.packbits(bits).tobytes(), 1)


def _unpack_mask(packed: bytes, chunks: int) -> Mask:
    """Return the mask of a piece with this number of chunks. Raises `FrameError`."""
    size = (chunks + 7) // 8
    try:
        bits = zlib.decompressobj().decompress(packed, size + 1)
    except zlib.error as error:
        raise FrameError(f"no mask: {error}") from None
    if len(bits) != size:
        raise FrameError("the mask of another piece")
    return mask_of(np.unpackbits(np.frombuffer(bits, np.uint8), count=chunks).astype(bool))
