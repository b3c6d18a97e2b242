"""A round of calls to the searchers: each piece is covered once, by whichever owner replies first.

The owners of a piece are the searchers that hold it. A call covers some pieces. If it fails, or
takes longer than nearly all earlier calls, other owners of these pieces are asked as well (see
`hedging`). Replies that cover the same pieces twice are never used together.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from codelode.cluster.link import LinkLostError
from codelode.cluster.members import RETURN_SECONDS
from codelode.cluster.messages import missing_of
from codelode.errors import CodelodeError, UsageError
from codelode.system.error_message import raise_packed
from codelode.system.framing import Frame, FrameError

if TYPE_CHECKING:
    from codelode.cluster.hedging import Allowance, Latencies
    from codelode.cluster.link import Link
    from codelode.cluster.members import Members
    from codelode.cluster.placement import View

T = TypeVar("T")

Pieces = NDArray[np.bool_]
"""A set of pieces of a view, bool[pieces]."""

_PAUSE = 0.02
_MOST_LOSSES = 3


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A kind of call to searchers: `make` makes its message, `read` reads a reply.

    `make` takes the pieces to ask about, and the link to the searcher. `read` takes a reply and the
    pieces that it covers, and raises `FrameError`. `takes_long` says that a searcher may be late
    because it reads all texts. Other searchers with the same pieces would take as long, so they
    are asked only if this searcher is silent.
    """

    make: Callable[[Pieces, Link], Frame]
    read: Callable[[Frame, Pieces], T]
    takes_long: bool = False


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """The value of a reply, the pieces it covers, and the link that it came from."""

    pieces: Pieces
    value: T
    link: Link


@dataclass(slots=True)
class _Sent:
    pieces: Pieces
    link: Link
    at: float
    hedged: bool = False


def _rank(link: Link | None, takes_long: bool) -> int:
    """Return the rank of a searcher: 0 if it cannot be asked, 1 if silent, 2 if late, else 3.

    For a call that takes long, no searcher counts as late: it may still be at work.
    """
    if link is None:
        return 0
    return 1 + link.is_live + (link.is_live and (takes_long or not link.is_late))


@dataclass
class Round(Generic[T]):
    """One round over some pieces of a view."""

    view: View
    members: Members
    call: Call[T]
    latencies: Latencies
    allowance: Allowance
    replies: list[Reply[T]] = field(default_factory=list)

    def run(self, wanted: Pieces, deadline: float) -> Pieces:
        """Ask until all wanted pieces are covered or the deadline (`time.monotonic`) has passed.

        Returns the pieces that no reply covers. Raises `UsageError` if a searcher refuses the
        request itself.
        """
        self._tried = np.zeros(self.view.owners.shape, bool)
        self._losses: Counter[str] = Counter()
        self._under_way: dict[Future[Frame], _Sent] = {}
        self._deadline = deadline
        try:
            self._ask(wanted)
            self._await(wanted, deadline)
        finally:
            for future, sent in self._under_way.items():
                sent.link.cancel(future)
        return wanted & ~self._covered()

    def _await(self, wanted: Pieces, deadline: float) -> None:
        """Take replies until all wanted pieces are covered, no more can be covered, or time is up.

        A silent searcher may only be busy, so its reply is awaited while it is connected.
        """
        patient = time.monotonic() + RETURN_SECONDS
        while (open_ := wanted & ~self._covered()).any():
            now = time.monotonic()
            if not all(sent.link.lost for sent in self._under_way.values()):
                patient = now + RETURN_SECONDS
            end = min(patient, deadline)
            if now >= end or not (self._under_way or self._may_return(open_)):
                break
            until = self._hedge(open_, now, end)
            if self._under_way:
                done, _ = wait(self._under_way, max(until - now, 0), return_when=FIRST_COMPLETED)
                for future in done:
                    self._take(future, wanted)
            else:
                time.sleep(_PAUSE)
                self._ask(open_)

    def _may_return(self, pieces: Pieces) -> bool:
        """Return whether a piece has an owner that was not yet asked about it and may come back."""
        back = [self.members.may_return(member) for member in self.view.members]
        owners = np.array(back, bool)[self.view.owners] & ~self._tried
        return bool(owners[pieces].any())

    def _covered(self) -> Pieces:
        covered = np.zeros(len(self.view.owners), bool)
        for reply in self.replies:
            covered |= reply.pieces
        return covered

    def _worth(self, pieces: Pieces, links: Sequence[Link | None]) -> NDArray[np.int8]:
        """Return how much to prefer each owner of each piece, int8[pieces, replicas].

        0 means that the owner is not to be asked. `links` has the link of each member of the view,
        or None.
        """
        ranks = [_rank(link, self.call.takes_long) for link in links]
        rank = np.array(ranks, np.int8)[self.view.owners]
        return np.where(~self._tried & pieces[:, None], rank, np.int8(0))

    def _links(self) -> list[Link | None]:
        return [self._ready(member) for member in self.view.members]

    def _ask(self, pieces: Pieces) -> None:
        """Ask one owner about each piece: one not asked yet, preferably neither silent nor late."""
        if not pieces.any():
            return
        links = self._links()
        worth = self._worth(pieces, links)
        rows = np.flatnonzero((worth > 0).any(axis=1))
        columns = worth[rows].argmax(axis=1)  # the first of the best owners
        self._tried[rows, columns] = True
        chosen = self.view.owners[rows, columns]
        for member in np.unique(chosen).tolist():
            link = links[member]
            assert link is not None
            mine = np.zeros(len(pieces), bool)
            mine[rows[chosen == member]] = True
            head, body = self.call.make(mine, link)
            now = time.monotonic()
            head = {**head, "view": self.view.name, "seconds": max(self._deadline - now, 0.0)}
            self._under_way[link.call(head, body)] = _Sent(mine, link, now)

    def _ready(self, member: str) -> Link | None:
        link = self.members.link(member)
        return link if link and not link.lost and self.view.name in link.ready else None

    def _hedge(self, uncovered: Pieces, now: float, deadline: float) -> float:
        """Ask other searchers for the pieces of late calls; return when to check again."""
        late, until = self.latencies.late(), deadline
        for sent in list(self._under_way.values()):
            if sent.hedged:
                continue
            if sent.at + late > now:
                until = min(until, sent.at + late)
                continue
            if self.call.takes_long and sent.link.is_live:
                until = min(until, now + late)
                continue
            sent.link.is_late = True
            rest = sent.pieces & uncovered
            others = self._worth(rest, self._links()).any()
            if others and (not sent.link.is_live or self.allowance.take()):
                sent.hedged = True
                self._ask(rest)
            else:
                until = min(until, now + late)
        return until

    def _take(self, future: Future[Frame], wanted: Pieces) -> None:
        """Use a reply; ask other owners for pieces that no reply covers and no call asks for."""
        sent = self._under_way.pop(future)
        try:
            frame = future.result()
            mine = sent.pieces & ~self._missing(frame[0], sent)
            if mine.any():
                self._use(Reply(mine, self.call.read(frame, mine), sent.link))
                if not self.call.takes_long:
                    self.latencies.add(time.monotonic() - sent.at)
                self.allowance.add()
        except LinkLostError:
            self._losses[sent.link.name] += 1
            if self._losses[sent.link.name] <= _MOST_LOSSES:  # ask the searcher again if necessary
                mine = self.view.owners == self.view.members.index(sent.link.name)
                self._tried &= ~(mine & sent.pieces[:, None])
        except FrameError:
            sent.link.close()  # a searcher that sends nonsense
        elsewhere = np.zeros(len(wanted), bool)
        for other in self._under_way.values():
            elsewhere |= other.pieces
        self._ask(wanted & ~self._covered() & ~elsewhere)

    def _missing(self, head: Any, sent: _Sent) -> Pieces:
        """Return the pieces that a reply leaves out; all, if the searcher failed.

        Raises `UsageError` if the searcher refuses the request, `FrameError` for a malformed reply.
        """
        if head.get("unknown"):  # the searcher has restarted: the view will be opened again
            sent.link.ready.pop(self.view.name, None)
            return sent.pieces
        try:
            raise_packed(head)
        except UsageError:
            raise
        except (CodelodeError, OSError):
            return sent.pieces
        except (AttributeError, TypeError, KeyError) as error:
            raise FrameError(f"no error: {error}") from None
        missing = missing_of(head, sent.pieces)
        known = sent.link.ready.get(self.view.name)
        if missing.any() and known is not None:  # the searcher will be asked to open these again
            sent.link.ready[self.view.name] = known.union(np.flatnonzero(missing).tolist())
        return missing

    def _use(self, reply: Reply[T]) -> None:
        """Keep a reply, unless the kept replies that overlap it cover at least as many pieces.

        If the reply is kept, those that overlap it are dropped.
        """
        overlapping = [each for each in self.replies if (each.pieces & reply.pieces).any()]
        if overlapping:
            rivals = np.logical_or.reduce([each.pieces for each in overlapping])
            if np.count_nonzero(rivals) >= np.count_nonzero(reply.pieces):
                return
            self._tried[rivals & ~reply.pieces] = False
            self.replies = [each for each in self.replies if not (each.pieces & rivals).any()]
        self.replies.append(reply)
