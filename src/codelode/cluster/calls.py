"""The calls of a front, answered from the pieces that a searcher holds."""

from __future__ import annotations

import math
import time
from collections.abc import Hashable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codelode.cluster import messages
from codelode.cluster.holdings import Holdings, OpenView, UnknownViewError
from codelode.cluster.lookup_calls import LOOKUPS, Lookup
from codelode.cluster.masks import known, learn, numbers_of, pack_masks, take_masks
from codelode.cluster.pieces import unpack_piece
from codelode.errors import ClusterError, CodelodeError, DamagedError
from codelode.lru import LruCache
from codelode.search.candidates import chunk_keys, split_keys
from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.filters import mask_key
from codelode.search.gather import count, gather
from codelode.search.hits import texts
from codelode.search.rank import Ranked
from codelode.search.wanted import wanted_while
from codelode.system.error_message import pack_error
from codelode.system.framing import Frame, FrameError

if TYPE_CHECKING:
    from collections.abc import Callable

    from codelode.cluster.holdings import HeldShard
    from codelode.search.context import QueryContext

_MOST_PIECES = 1 << 24
_CONTEXTS = 32


class Calls:
    """Answers the calls of one front."""

    def __init__(self, holdings: Holdings, front: Hashable) -> None:
        """Answer from `holdings`; `front` identifies the front as a holder of views."""
        self._holdings = holdings
        self._front = front
        self._contexts: LruCache[bytes, QueryContext] = LruCache(_CONTEXTS)
        self._calls: dict[str, Callable[[dict[str, Any], bytes], Frame]] = {
            "ping": lambda head, body: ({}, b""),
            "open": self._open,
            "close": self._close,
            "count": self._count,
            "gather": self._gather,
            "texts": self._texts,
            **{name: partial(self._look_up, lookup) for name, lookup in LOOKUPS.items()},
        }

    def answer(self, frame: Frame) -> Frame:
        """Return the reply to a call, without its `id`. Raises `FrameError` for an invalid call.

        In the frame's head, `until` is the time (`time.monotonic`) after which nobody waits for the
        reply.
        """
        head, body = frame
        try:
            call = self._calls[head["call"]]
        except (TypeError, KeyError):
            raise FrameError("a call that there is not") from None
        try:
            return call(head, body)
        except UnknownViewError:
            return {"unknown": True}, b""
        except (CodelodeError, OSError) as error:
            return pack_error(error), b""
        except (KeyError, TypeError, AttributeError) as error:
            raise FrameError(f"a call without {error}") from None

    def _open(self, head: dict[str, Any], _: bytes) -> Frame:
        count, pieces = head["count"], head["pieces"]
        if type(count) is not int or not 0 <= count <= _MOST_PIECES:
            raise FrameError("no number of pieces")
        held = {number: unpack_piece(piece) for number, piece in pieces}
        if not all(type(number) is int and 0 <= number < count for number in held):
            raise FrameError("numbers of no pieces")
        problems = self._holdings.open(str(head["view"]), OpenView(count, held), self._front)
        return {"missing": sorted(problems), "problems": list(problems.values())}, b""

    def _close(self, head: dict[str, Any], _: bytes) -> Frame:
        self._holdings.close(str(head["view"]), self._front)
        return {}, b""

    def _count(self, head: dict[str, Any], _: bytes) -> Frame:
        terms = head["terms"]
        if not all(isinstance(term, str) for term in terms):
            raise FrameError("terms that are no text")

        def counted(held: HeldShard) -> Frame:
            return messages.pack_counts(count(held.shard, terms))

        return self._search(head, counted)

    def _gather(self, head: dict[str, Any], body: bytes) -> Frame:
        given, (_, asked) = take_masks((head, body))
        context = self._context(asked)
        request = context.request
        key = mask_key(request.languages, request.globs, request.part, context.query.required)
        tell = numbers_of(head, "tell")

        def gathered(held: HeldShard) -> Frame:
            learn(held, key, given)
            found = gather(held.shard, context)
            for keys in (found.keys, found.files):
                keys[:] = held.renumbered(keys)
            reply, arrays = messages.pack_gathered(found)
            masks, told = pack_masks(known(held, key, tell))
            return {**reply, "masks": masks}, arrays + told

        return self._search(head, gathered)

    def _texts(self, head: dict[str, Any], body: bytes) -> Frame:
        size = head["asked"]
        if type(size) is not int or not 0 <= size <= len(body):
            raise FrameError("a search of no size")
        context = self._context(body[:size])
        ranked = messages.unpack_ranked((head, body[size:]))

        def read(held: HeldShard) -> Frame:
            there = np.isin(ranked.keys >> 32, held.numbers)
            mine = ranked[np.flatnonzero(there)]
            numbers, ordinals = split_keys(mine.keys)
            local = held.numbers.searchsorted(numbers)
            _check_ordinals(held, local, ordinals)
            keys = chunk_keys(local, ordinals)
            return messages.pack_texts(
                texts(held.shard, Ranked(mine.shards, keys, mine.scores, mine.features), context)
            )

        return self._search(head, read)

    def _context(self, asked: bytes) -> QueryContext:
        """Return the context of a search; `gather` and `texts` share it. Raises `FrameError`."""
        context = self._contexts.get(asked)
        if context is None:
            context = messages.unpack_context(asked)
            self._contexts.put(asked, context)
        return context

    def _look_up(self, lookup: Lookup, head: dict[str, Any], body: bytes) -> Frame:
        return self._search(head, lambda held: lookup(held, head, body))

    def _search(self, head: dict[str, Any], work: Callable[[HeldShard], Frame]) -> Frame:
        """Return the reply of `work` for the open pieces of a call.

        In the reply, `missing` lists the numbers of the pieces that are not open.
        """
        view = self._holdings.view(str(head["view"]))
        pieces = messages.unpack_pieces(head["pieces"])
        if len(pieces) != view.count or not set(np.flatnonzero(pieces).tolist()) <= set(
            view.pieces
        ):
            raise FrameError("pieces that are not of this searcher")
        held, missing = view.part(pieces, self._holdings.caches)
        if not len(held.numbers):
            return {"missing": missing}, b""
        snapshot = held.shard.snapshot

        def check() -> None:
            if time.monotonic() > head.get("until", math.inf):
                raise ClusterError("the front does not wait for this answer any more")

        try:
            with SEARCH_LOCK.held(), ExitStack() as stack:
                check()
                stack.enter_context(wanted_while(check))
                stack.enter_context(snapshot.damage_explained())
                stack.enter_context(snapshot.held())
                reply, body = work(held)
        except DamagedError as error:
            self._holdings.drop(view, _damaged(held, view, error))
            raise
        return {**reply, "missing": missing}, body


def _check_ordinals(
    held: HeldShard, segments: NDArray[np.int64], ordinals: NDArray[np.int64]
) -> None:
    for segment in np.unique(segments).tolist():
        mine = ordinals[segments == segment]
        if not (mine < len(held.shard.segment(segment).chunks)).all():
            raise FrameError("chunks that there are not")


def _damaged(held: HeldShard, view: OpenView, error: DamagedError) -> list[int]:
    """Return the numbers of the damaged pieces in a shard: those whose files `error` names."""
    return [
        number
        for number in held.numbers.tolist()
        if view.pieces[number].entry.name in error.problem
    ]
