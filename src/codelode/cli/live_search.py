"""Searches for a query that is being typed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from codelode.answers.build import ask_again
from codelode.cli.search_request import request_of
from codelode.errors import CodelodeError, UsageError
from codelode.search.parsed_query import parse_request

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from codelode.several import SeveralRoots
    from codelode.types import Fresh, Hit


LAST_SECONDS = 5.0
"""How long `close` waits for the current search."""


class Picked(NamedTuple):
    """A hit that was picked, the root that its path is relative to, and whether to open it."""

    hit: Hit
    root: str
    opens: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a query. `terms` are the query's terms; `problem` says why there are no hits."""

    query: str = ""
    root: str = ""
    hits: tuple[Hit, ...] = ()
    terms: tuple[str, ...] = ()
    seconds: float = 0.0
    problem: str = ""


class LiveSearch:
    """Searches some roots, which have indexes, for the newest query, in a thread of its own.

    A query that is replaced before its search begins is never searched for.
    """

    def __init__(self, several: SeveralRoots, limit: int, options: argparse.Namespace) -> None:
        """Prepare searches with these options. Raises `UsageError` if they are invalid."""
        self.several = several
        self._limit = limit
        self._options = options
        self._changed = threading.Condition()
        self._asked: str | None = None
        self._closed = False
        self._fresh: Fresh = "auto"
        self._thread: threading.Thread | None = None
        request_of("", limit, options)

    def find(self, query: str) -> Found:
        """Return the hits of a query. The indexes are brought up to date by the first search only.

        Raises `CodelodeError`, but reports a refused query as `problem`.
        """
        request = request_of(query.strip(), self._limit, self._options)
        if not request.query and not request.patterns:
            return Found()
        try:
            terms = parse_request(request).terms
            answer = ask_again(
                self.several,
                lambda: self.several.answer(request, fresh=self._fresh),
                allowed=not self._options.no_index,
            )
        except UsageError as error:
            return Found(query, problem=str(error))
        self._fresh = "never"
        hits = tuple(hit for hit in answer.hits if not hit.deleted)
        problem = "" if hits else "nothing found"
        return Found(query, answer.root, hits, terms, answer.seconds, problem)

    def start(self, show: Callable[[Found], None], fail: Callable[[BaseException], None]) -> None:
        """Start the thread, which calls `show` with the result of each search.

        A `CodelodeError` or an `OSError` of a search becomes the `problem` of its result. After any
        other exception, the thread calls `fail` with it, and ends.
        """

        def run() -> None:
            try:
                self._run(show)
            except BaseException as error:
                fail(error)

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def ask(self, query: str) -> None:
        """Search for a query as soon as possible; drop an older one whose search has not begun."""
        with self._changed:
            self._asked = query
            self._changed.notify()

    def close(self) -> None:
        """End the thread after the current search, if any; do not wait for one that hangs."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(LAST_SECONDS)

    def _run(self, show: Callable[[Found], None]) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._asked is not None)
                if self._closed:
                    return
                query, self._asked = self._asked or "", None
            try:
                found = self.find(query)
            except (CodelodeError, OSError) as error:
                found = Found(query, problem=str(error))
            show(found)
