"""A busy cluster: late calls do not double the work; calls that nobody waits for are left out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.cluster import application, calls, front, hedging, link, members, messages, rounds
from codelode.cluster.hedging import Allowance
from codelode.errors import ClusterError
from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.gather import count, gather
from codelode.search.request import SearchRequest
from tests.clusters import (
    TREE,
    MemoryPieces,
    ask,
    corpus,
    front_of,
    one_machine,
    show,
    threads,
)
from tests.commandline import until
from tests.segments import TextEncoder

REQUEST = SearchRequest("name_3 return", explain=True)


@contextmanager
def cluster(searchers: int = 2) -> Iterator[tuple[front.Front, list[Any]]]:
    """Run a cluster; yield its front, and the right hits for `REQUEST`."""
    pieces = MemoryPieces()
    held = [pieces.repository(name, TREE, set(), 4) for name in ("one", "two")]
    with front_of(searchers) as running, threads(running, searchers, pieces):
        show(running, corpus("1", held), searchers)
        yield running, one_machine(held, pieces.open, TextEncoder(), REQUEST)


class Counted:
    """Counts the calls of a function, each of which takes a while."""

    def __init__(self, function: Callable[..., Any], seconds: float = 0.0) -> None:
        self.times = 0
        self._function = function
        self._seconds = seconds

    def __call__(self, *arguments: Any) -> Any:
        self.times += 1
        time.sleep(self._seconds)
        return self._function(*arguments)


@pytest.fixture
def gathers(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted(gather, 0.01)
    monkeypatch.setattr(calls, "gather", counted)
    return counted


def test_late_calls_do_not_double_the_work(
    monkeypatch: pytest.MonkeyPatch, gathers: Counted
) -> None:
    """Every call is late. Without a limit, each would be sent to a second searcher too."""
    monkeypatch.setattr(hedging, "_MOST_HEDGE", 0.02)
    monkeypatch.setattr(hedging, "_MOST_SAVED", 4.0)
    with cluster() as (running, expected):
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: ask(running, REQUEST), range(64)))
        assert all(each.hits == expected for each in found)
    assert 64 <= gathers.times <= 2 * 64 + 4 + 0.1 * 4 * 64 + 8  # a search: one call per searcher


@given(st.lists(st.booleans(), max_size=400))
def test_second_calls_are_a_small_share_of_all(steps: list[bool]) -> None:
    allowance = Allowance()
    answered = sum(steps)
    taken = 0
    for is_answer in steps:
        if is_answer:
            allowance.add()
        else:
            taken += allowance.take()
    assert taken <= hedging._MOST_SAVED + hedging._SECOND_CALLS * answered
    if not answered:
        assert taken == min(len(steps), hedging._MOST_SAVED)


def test_a_call_that_nobody_waits_for_is_left_out(gathers: Counted) -> None:
    """The search has given up before the searchers are free."""
    with cluster() as (running, expected):
        with SEARCH_LOCK.held():
            found = ask(running, REQUEST, whole=False, seconds=0.2)
            assert set(found.missing) == {"one", "two"}
        time.sleep(0.2)
        assert gathers.times == 0
        assert ask(running, REQUEST).hits == expected


def test_a_cancelled_call_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = Counted(count)
    monkeypatch.setattr(calls, "count", counts)
    with cluster(1) as (running, _):
        (only,) = running._members.links()
        with running.views.current(0) as view:
            pieces = messages.pack_pieces(view.corpus.select({"one"}))
            head = {"call": "count", "view": view.name, "pieces": pieces, "terms": ["name"]}
            with SEARCH_LOCK.held():
                cancelled, kept = (only.call({**head, "seconds": 60.0}) for _ in range(2))
                only.cancel(cancelled)
                only.call({"call": "ping"}).result(5)  # the searcher has read everything
            assert messages.unpack_counts(kept.result(5), 1)[0] > 0
            only.cancel(kept)  # the reply has come, so this does nothing
            until(lambda: not only._waiting, 5)
        assert not cancelled.done()
        assert counts.times == 1


def test_a_search_that_cannot_begin_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "MOST_SEARCHES", 1)
    with cluster() as (running, expected), ThreadPoolExecutor(1) as pool:
        with SEARCH_LOCK.held():
            first = pool.submit(ask, running, REQUEST)
            until(lambda: any(each._waiting for each in running._members.links()), 5)
            began = time.monotonic()
            with pytest.raises(ClusterError, match="busy"):
                ask(running, REQUEST, seconds=0.1)
            assert time.monotonic() - began < 2
        assert first.result(10).hits == expected
        assert ask(running, REQUEST).hits == expected


def test_busy_searchers_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """All searchers are silent for longer than a front waits for a lost searcher."""
    monkeypatch.setattr(link, "SILENCE_SECONDS", 0.05)
    for module in (members, rounds):
        monkeypatch.setattr(module, "RETURN_SECONDS", 0.1)
    with cluster() as (running, expected), ThreadPoolExecutor(1) as pool:
        with SEARCH_LOCK.held():
            found = pool.submit(ask, running, REQUEST)
            time.sleep(1.0)
        assert found.result(10).hits == expected


def test_the_time_of_a_request_begins_when_it_arrives() -> None:
    """The wait for a free thread counts: the call gets only the rest of the seconds."""
    left: list[float] = []
    free = threading.Event()

    def slow(_: float) -> dict[str, Any]:
        free.wait(10)
        return {}

    def noted(seconds: float) -> dict[str, Any]:
        left.append(seconds)
        return {}

    async def test() -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1
        async with anyio.create_task_group() as group:
            group.start_soon(application._in_time, 10.0, slow)
            await anyio.sleep(0.05)
            group.start_soon(application._in_time, 0.1, noted)
            group.start_soon(application._in_time, 10.0, noted)
            await anyio.sleep(0.2)
            free.set()

    anyio.run(test)
    assert left[0] == 0.0
    assert 0 < left[1] < 9.9
