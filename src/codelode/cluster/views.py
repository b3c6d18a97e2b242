"""The view that a front uses, and the switch to the next one without a pause.

A view becomes current once searchers have opened it. Searches that began with the previous view
keep using it; it is closed after the last of these searches.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.cluster.link import LinkLostError
from codelode.cluster.messages import missing_of
from codelode.cluster.placement import View
from codelode.errors import ClusterError
from codelode.system.framing import FrameError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from codelode.cluster.link import Link
    from codelode.cluster.members import Members
    from codelode.cluster.pieces import Corpus
    from codelode.system.framing import Frame

GRACE_SECONDS = 10.0
"""How long a new view waits for searchers that are slow to open it while others have each piece."""

PATIENCE_SECONDS = 60.0
"""How long a new view waits for pieces that nobody can open, while the current view is complete."""

_TICK_SECONDS = 0.25
_RETRY_SECONDS = 1.0
_REOPEN_SECONDS = 2.0


@dataclass(eq=False)
class InUse:
    """A view, the number of searches that use it, and when each searcher was asked to open it."""

    view: View
    since: float = field(default_factory=time.monotonic)
    users: int = 0
    asked: dict[Link, float] = field(default_factory=dict)


class Views:
    """Opens views on the searchers, in a thread of its own."""

    def __init__(self, members: Members, replicas: int, expected: int) -> None:
        """Start the thread. The first view waits a while for the `expected` number of searchers."""
        self._members = members
        self._replicas = replicas
        self._expected = expected
        self._began = time.monotonic()
        self._corpus: Corpus | None = None
        self._lock = threading.Lock()
        self._current: InUse | None = None
        self._next: InUse | None = None
        self._former: list[InUse] = []
        self._wake = threading.Event()
        self._switched = threading.Condition(self._lock)
        self._closed = False
        threading.Thread(target=self._run, daemon=True).start()

    def show(self, corpus: Corpus) -> None:
        """Make a generation the newest; searches use it once it is open."""
        self._corpus = corpus
        self._wake.set()

    def wake(self) -> None:
        """Wake the thread now, because a searcher has come or gone."""
        self._wake.set()

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._wake.set()

    @contextmanager
    def current(self, deadline: float) -> Iterator[View]:
        """Use the current view within the block; wait for the first one until a deadline.

        Raises `ClusterError` if there is none.
        """
        with self._lock:
            while self._current is None:
                if not self._switched.wait(max(deadline - time.monotonic(), 0)):
                    raise ClusterError("no searcher is ready yet")
            used = self._current
            used.users += 1
        try:
            yield used.view
        finally:
            with self._lock:
                used.users -= 1
                over = not used.users and used in self._former
            if over:
                self._wake.set()

    def wait_for(self, ready: Callable[[View], bool], seconds: float) -> bool:
        """Wait up to `seconds` until the current view meets a condition; return whether it does."""
        with self._lock:
            return self._switched.wait_for(
                lambda: self._current is not None and ready(self._current.view), seconds
            )

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(_TICK_SECONDS)
            self._wake.clear()
            self._step()

    def _step(self) -> None:
        """Take the steps that are due: make a view, open it, switch to it, close old ones."""
        nodes = self._members.nodes()
        begins = self._current is None and self._next is None
        few = begins and len(nodes) < self._expected
        if self._corpus is not None and nodes and not (few and self._is_early()):
            view = View(self._corpus, tuple(nodes), self._replicas, tuple(nodes.values()))
            self._aim_at(view)
        for each in (self._current, self._next):
            if each is not None:
                self._open(each)
        if self._next is not None and self._is_ready(self._next):
            with self._lock:
                if self._current is not None:
                    self._former.append(self._current)
                self._current, self._next = self._next, None
                self._switched.notify_all()
        with self._lock:
            over = [each for each in self._former if not each.users]
            self._former = [each for each in self._former if each.users]
        for each in over:
            self._abandon(each)

    def _aim_at(self, view: View) -> None:
        """Make `view` the view to open next, if it is new.

        If a next view with the same members is already being opened, it is kept, unless its opening
        takes too long. Without this rule, a roster that changes all the time would prevent every
        view from being opened, and searches would stay with an old generation.
        """
        before = self._next
        newest = before or self._current
        if newest is not None and newest.view.name == view.name:
            return
        if before is not None:
            same = (before.view.members, before.view.nodes) == (view.members, view.nodes)
            if same and time.monotonic() - before.since <= GRACE_SECONDS:
                return
            self._abandon(before)
        is_current = self._current is not None and self._current.view.name == view.name
        since = time.monotonic() if before is None else before.since
        self._next = None if is_current else InUse(view, since)

    def _is_early(self) -> bool:
        return time.monotonic() - self._began < GRACE_SECONDS

    def _open(self, used: InUse) -> None:
        """Ask searchers to open their pieces of a view, unless they have opened all of them."""
        now = time.monotonic()
        for link in self._members.links():
            missing = link.ready.get(used.view.name)
            pause = _REOPEN_SECONDS if missing else _RETRY_SECONDS
            due = now - used.asked.get(link, -pause) >= pause
            if missing == frozenset() or not link.is_live or not due:
                continue
            numbers = used.view.held_by(link.name)
            if not len(numbers):
                continue
            used.asked[link] = float("inf")  # not asked again until the reply sets a time
            pieces = used.view.corpus.pieces
            head = {
                "call": "open",
                "view": used.view.name,
                "count": len(pieces),
                "pieces": [[number, pieces[number].pack()] for number in numbers.tolist()],
            }
            link.call(head).add_done_callback(partial(self._opened, used, link))

    def _opened(self, used: InUse, link: Link, call: Future[Frame]) -> None:
        try:
            head, _ = call.result()
        except LinkLostError:
            used.asked.pop(link, None)
            return
        used.asked[link] = time.monotonic()
        count = len(used.view.corpus.pieces)
        try:
            missing = missing_of(head, np.ones(count, bool))
        except FrameError:
            link.close()  # the searcher sends nonsense
        else:
            link.ready[used.view.name] = frozenset(np.flatnonzero(missing).tolist())
        self._wake.set()

    def _is_ready(self, used: InUse) -> bool:
        """Return whether to switch to a view.

        A view is ready once all holders have opened all of their pieces; for the first view, it is
        enough that they have tried. After `GRACE_SECONDS`, it is enough that each piece is open
        somewhere. After `PATIENCE_SECONDS`, or if there is no current view with all pieces open,
        it is enough that at least one holder of each piece has tried to open it.
        """
        view, waited = used.view, time.monotonic() - used.since
        held = [self._missing(member, view) for member in view.holders]
        if None not in held and (self._current is None or not any(held)):
            return True
        if waited <= GRACE_SECONDS:
            return False
        current = self._current
        whole = current is not None and self._open_somewhere(current.view).all()
        if whole and waited <= PATIENCE_SECONDS:
            return bool(self._open_somewhere(view).all())
        ready = [self._missing(member, view) is not None for member in view.members]
        return bool(np.array(ready, bool)[view.owners].any(axis=1).all())

    def _open_somewhere(self, view: View) -> NDArray[np.bool_]:
        """Return which pieces of a view at least one member has open, bool[pieces]."""
        there = np.zeros(view.owners.shape, bool)
        for number, member in enumerate(view.members):
            missing = self._missing(member, view)
            if missing is not None:
                mine = view.owners == number
                mine[sorted(missing)] = False
                there |= mine
        return np.asarray(there.any(axis=1), np.bool_)

    def _missing(self, member: str, view: View) -> frozenset[int] | None:
        """Return the pieces that a member cannot open; None if it has not opened the view."""
        link = self._members.link(member)
        return None if link is None else link.ready.get(view.name)

    def _abandon(self, used: InUse | None) -> None:
        """Let the searchers forget a view."""
        if used is None:
            return
        for link in self._members.links():
            link.ready.pop(used.view.name, None)
            link.call({"call": "close", "view": used.view.name})
