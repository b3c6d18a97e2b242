"""One search on a cluster: the rounds of calls to searchers, and the front's steps between them.

Searchers count terms, find candidates and read texts. Between these rounds, the front completes the
context and ranks the candidates of all searchers: the global half of the ranking (see
`codelode.search`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from codelode.cluster import messages
from codelode.cluster.hedging import Allowance, Latencies
from codelode.cluster.masks import KnownMasks, take_masks
from codelode.cluster.messages import Asked
from codelode.cluster.rounds import Call, Pieces, Reply, Round
from codelode.lru import LruCache
from codelode.search.filters import mask_key
from codelode.search.gathered import Gathered
from codelode.search.parsed_query import parse_request
from codelode.search.rank import Ranked
from codelode.search.searcher import canonical, complete_context, rank_all
from codelode.system.framing import FrameError

if TYPE_CHECKING:
    from codelode.cluster.link import Link
    from codelode.cluster.masks import FilterMasks
    from codelode.cluster.members import Members
    from codelode.cluster.placement import View
    from codelode.embed.encoder import Encoder
    from codelode.search.context import QueryContext
    from codelode.search.parsed_query import ParsedQuery
    from codelode.search.request import SearchRequest
    from codelode.system.framing import Frame
    from codelode.types import Hit

T = TypeVar("T")

_COUNTS = 65_536
_CALLS = ("count", "gather", "texts", "symbols", "outline", "text", "anchor", "near")


class CountCache:
    """A cache of the number of live chunks with a term, by generation and set of pieces."""

    def __init__(self) -> None:
        self._counts: LruCache[tuple[str, bytes, str], int] = LruCache(_COUNTS)

    def get(self, generation: str, pieces: bytes, terms: Sequence[str]) -> dict[str, int]:
        """Return the cached counts, by term; other terms are left out."""
        found = {term: self._counts.get((generation, pieces, term)) for term in terms}
        return {term: count for term, count in found.items() if count is not None}

    def put(self, generation: str, pieces: bytes, counts: dict[str, int]) -> None:
        """Store counts, by term, that cover all of these pieces."""
        for term, count in counts.items():
            self._counts.put((generation, pieces, term), count)


@dataclass
class Memory:
    """The knowledge that searches leave for later ones: counts, masks, and latencies of calls.

    `allowance` is the number of late calls that may be sent to a second searcher.
    """

    counts: CountCache = field(default_factory=CountCache)
    masks: KnownMasks = field(default_factory=KnownMasks)
    allowance: Allowance = field(default_factory=Allowance)
    latencies: dict[str, Latencies] = field(
        default_factory=lambda: {call: Latencies() for call in _CALLS}
    )


class ClusterSearch:
    """One search over some pieces of a view, until a deadline.

    `missing` bool[pieces] marks the pieces that could not be searched so far. After `run`,
    `left_out` is as in `search.rank.Ranked`.
    """

    def __init__(
        self,
        view: View,
        pieces: Pieces,
        members: Members,
        memory: Memory,
        deadline: float,
    ) -> None:
        """Prepare a search; `deadline` is a time of `time.monotonic`."""
        self.pieces = pieces
        self.missing = np.zeros(len(pieces), bool)
        self.left_out = 0
        self._view = view
        self._members = members
        self._memory = memory
        self._deadline = deadline
        self._asked = b""

    def run(self, request: SearchRequest, encoder: Encoder | None) -> list[Hit]:
        """Return the hits, best first. Raises `UsageError`."""
        request = replace(request, languages=sorted(canonical(request.languages or ())))
        query = parse_request(request)
        counted = self._count(query)
        context = complete_context(request, query, counted, self._totals(), encoder)

        def gather_all(context: QueryContext) -> list[Gathered]:
            self._asked = Asked.of(context, counted).pack()
            return self._gather(context, self._asked)

        ranked, _ = rank_all(gather_all, context)
        self.left_out = ranked.left_out
        return self.texts(ranked, self._asked)

    def _totals(self) -> tuple[int, int]:
        """Return the numbers of chunks and of terms in the pieces to search."""
        chunks, tokens = self._view.corpus.totals[self.pieces].sum(axis=0).tolist()
        return chunks, tokens

    def _count(self, query: ParsedQuery) -> NDArray[np.int64]:
        """Return the counts of the terms in `query.counted`, in that order: int64[counted]."""
        cache, key = self._memory.counts, (self._view.corpus.generation, self.pieces.tobytes())
        counts = cache.get(*key, query.counted)
        terms = [term for term in dict.fromkeys(query.counted) if term not in counts]
        if terms:
            replies = self.round(
                "count",
                self.pieces,
                lambda pieces: frame_of("count", pieces, terms=terms),
                lambda frame, _: messages.unpack_counts(frame, len(terms)),
            )
            sums = sum((each.value for each in replies), np.zeros(len(terms), np.int64))
            new = dict(zip(terms, sums.tolist(), strict=True))
            if not self.missing.any():
                cache.put(*key, new)
            counts |= new
        return np.array([counts[term] for term in query.counted], np.int64)

    def _gather(self, context: QueryContext, asked: bytes) -> list[Gathered]:
        terms, pieces = len(context.query.terms), self._view.corpus.pieces
        masks = self._masks(context)

        def make(wanted: Pieces, link: Link) -> Frame:
            head, _ = frame_of("gather", wanted)
            more, given = masks.request(pieces, wanted, link) if masks else ({}, b"")
            return {**head, **more}, asked + given

        def read(frame: Frame, covered: Pieces) -> tuple[Gathered, dict[int, bytes]]:
            told, frame = take_masks(frame)
            if not told.keys() <= set(np.flatnonzero(covered).tolist()):
                raise FrameError("masks of other pieces")
            return messages.unpack_gathered(frame, terms, covered), told

        takes_long = masks is not None and masks.lacks(pieces, self.pieces)
        replies = self._run("gather", self.pieces, Call(make, read, takes_long))
        if masks is not None:
            for each in replies:
                masks.note(pieces, each.pieces, each.link, each.value[1])
        found = [each.value[0] for each in replies]
        return found or [Gathered.empty(np.zeros(0, np.int64), terms)]

    def _masks(self, context: QueryContext) -> FilterMasks | None:
        """Return the masks of a search for text that must occur; None for other searches."""
        request, required = context.request, context.query.required
        if not required:
            return None
        key = mask_key(request.languages, request.globs, request.part, required)
        return self._memory.masks.of(key)

    def texts(self, ranked: Ranked, asked: bytes) -> list[Hit]:
        """Return the hits for the ranked chunks, without those that no searcher could read.

        `asked` is the packed search (see `Asked`), or empty for the chunks of `lookups.related`.
        """
        numbers = ranked.keys >> 32

        def rows_of(pieces: Pieces) -> NDArray[np.intp]:
            return np.flatnonzero(pieces[numbers])

        def make(pieces: Pieces) -> Frame:
            head, body = messages.pack_ranked(ranked[rows_of(pieces)])
            return {**frame_of("texts", pieces, asked=len(asked))[0], **head}, asked + body

        wanted = np.zeros(len(self.pieces), bool)
        wanted[numbers] = True
        replies = self.round(
            "texts",
            wanted,
            make,
            lambda frame, pieces: messages.unpack_texts(frame, len(rows_of(pieces))),
        )
        hits = {
            row: hit
            for each in replies
            for row, hit in zip(rows_of(each.pieces).tolist(), each.value, strict=True)
        }
        return [hits[row] for row in sorted(hits)]

    def round(
        self,
        kind: str,
        pieces: Pieces,
        make: Callable[[Pieces], Frame],
        read: Callable[[Frame, Pieces], T],
    ) -> list[Reply[T]]:
        """Run a round; return the replies; mark the pieces that no reply covers as `missing`."""
        return self._run(kind, pieces, Call(lambda wanted, _: make(wanted), read))

    def _run(self, kind: str, pieces: Pieces, call: Call[T]) -> list[Reply[T]]:
        latencies, allowance = self._memory.latencies[kind], self._memory.allowance
        asking = Round(self._view, self._members, call, latencies, allowance)
        self.missing |= asking.run(pieces, self._deadline)
        return asking.replies


def frame_of(call: str, pieces: Pieces, **fields: object) -> Frame:
    """Return the message of a call about some pieces."""
    return {"call": call, "pieces": messages.pack_pieces(pieces), **fields}, b""
