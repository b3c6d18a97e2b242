"""The front: searches with all searchers together, and answers as one machine would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from codelode.cluster.members import Members
from codelode.cluster.placement import REPLICAS
from codelode.cluster.search import ClusterSearch, Memory
from codelode.cluster.views import Views
from codelode.errors import ClusterError

if TYPE_CHECKING:
    from codelode.cluster.link import Link
    from codelode.cluster.pieces import Corpus
    from codelode.cluster.placement import View
    from codelode.cluster.rounds import Pieces
    from codelode.embed.encoder import Encoder
    from codelode.search.request import SearchRequest
    from codelode.types import Hit

T = TypeVar("T")

DEADLINE_SECONDS = 10.0

MOST_SEARCHES = 16
"""The searches that run at once; others wait for their turn.

All of them share the searchers: with more at once, each takes longer, until none is in time.
"""


_BUSY = "the cluster is busy: the search could not begin in time"


@dataclass(frozen=True, slots=True)
class FrontOptions:
    """The address at which a front listens for searchers, and what it expects of them.

    `token` is the token that they must have, and `replicas` the number of searchers that hold each
    piece. `searchers` is the number of searchers that the front expects: it waits some seconds for
    them before it begins.
    """

    token: str
    host: str = "127.0.0.1"
    port: int = 0
    replicas: int = REPLICAS
    searchers: int = 1


@dataclass(frozen=True, slots=True)
class Chosen:
    """The pieces to search, bool[pieces], and the encoder for the query, if one is needed."""

    pieces: Pieces
    encoder: Encoder | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a search, best first, and the names of the repositories that were not reached.

    `left_out` is as in `search.rank.Ranked`.
    """

    hits: list[Hit]
    missing: tuple[str, ...]
    left_out: int


class Front:
    """The front, which searches the newest generation that the searchers have open.

    Any thread may search.
    """

    def __init__(self, options: FrontOptions) -> None:
        """Listen for searchers. Raises `UsageError` if the address is taken."""
        self.token = options.token
        self._owners = min(options.replicas, options.searchers)
        self._turns = threading.BoundedSemaphore(MOST_SEARCHES)
        self._memory = Memory()
        self._members = Members((options.host, options.port), options.token)
        self.views = Views(self._members, options.replicas, options.searchers)
        self._members.start(self.views.wake)

    @property
    def address(self) -> tuple[str, int]:
        """The address that searchers dial."""
        return self._members.address

    def show(self, corpus: Corpus) -> None:
        """Make a generation the newest; searches use it once the searchers have it open."""
        self.views.show(corpus)

    def close(self) -> None:
        """End the connections to the searchers."""
        self.views.close()
        self._members.close()

    def links(self) -> list[Link]:
        """Return the connections to all searchers."""
        return self._members.links()

    def searchers(self) -> list[str]:
        """Return the names of the searchers that can be asked now."""
        return sorted(link.name for link in self.links() if link.is_live)

    def is_whole(self) -> bool:
        """Return whether enough searchers hold each piece, and all of them can be asked.

        Enough are as many as the replicas, or all expected searchers if these are fewer.
        """
        return self.views.wait_for(self._all_ready, 0)

    def _all_ready(self, view: View) -> bool:
        if view.owners.shape[1] < self._owners:
            return False
        links = map(self._members.link, view.holders)
        return all(
            link is not None and link.is_live and link.ready.get(view.name) == frozenset()
            for link in links
        )

    @contextmanager
    def _turn(self, deadline: float) -> Iterator[None]:
        """Let at most `MOST_SEARCHES` blocks run at once. Raises `ClusterError` at the deadline."""
        if not self._turns.acquire(timeout=max(deadline - time.monotonic(), 0)):
            raise ClusterError(_BUSY)
        try:
            if time.monotonic() >= deadline:
                raise ClusterError(_BUSY)
            yield
        finally:
            self._turns.release()

    def search(
        self,
        request: SearchRequest,
        choose: Callable[[Corpus], Chosen],
        seconds: float = DEADLINE_SECONDS,
    ) -> Found:
        """Return the hits that one machine would find, in the pieces that `choose` returns.

        Pieces that cannot be searched within `seconds` are left out: the hits come from the
        others. Raises `UsageError`, what `choose` raises, and `ClusterError` if no searcher is
        ready, or if other searches took all the time.
        """
        deadline = time.monotonic() + seconds
        with self._turn(deadline), self.views.current(deadline) as view:
            chosen = choose(view.corpus)
            search = ClusterSearch(view, chosen.pieces, self._members, self._memory, deadline)
            hits = search.run(request, chosen.encoder)
            return Found(hits, view.corpus.names(search.missing), search.left_out)

    def look_up(
        self,
        choose: Callable[[Corpus], Sequence[Pieces]],
        ask: Callable[..., T],
        seconds: float = DEADLINE_SECONDS,
    ) -> T:
        """Call `ask` with a search for each set of pieces from `choose`; return what `ask` returns.

        Raises what `choose` and `ask` raise, and `ClusterError` if some of these pieces cannot be
        asked within `seconds`, if no searcher is ready, or if other searches took all the time.
        """
        deadline = time.monotonic() + seconds
        with self._turn(deadline), self.views.current(deadline) as view:
            searches = [
                ClusterSearch(view, pieces, self._members, self._memory, deadline)
                for pieces in choose(view.corpus)
            ]
            answer = ask(*searches)
            missing = {name for each in searches for name in view.corpus.names(each.missing)}
            if missing:
                raise ClusterError(f"cannot be searched: {', '.join(sorted(missing))}")
            return answer
