"""FairLock: one thread at a time, in order, whatever happens to the others."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codelode import Index
from codelode.search import searcher
from codelode.search.fair_lock import SEARCH_LOCK, FairLock
from tests.commandline import SAMPLE, write_tree


def until(true: object) -> None:
    """Wait until a function returns something true."""
    deadline = time.monotonic() + 10
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_one_at_a_time_in_the_order_of_asking() -> None:
    turns = FairLock()
    order: list[int] = []
    inside = 0

    def work(number: int) -> None:
        nonlocal inside
        with turns.taken():
            inside += 1
            assert inside == 1
            order.append(number)
            inside -= 1

    with ThreadPoolExecutor(8) as pool:
        with turns.taken():
            done = []
            for number in range(8):
                done.append(pool.submit(work, number))
                until(lambda: len(turns._waiting) == len(done))
            assert order == []
        for future in done:
            future.result(10)
    assert order == list(range(8))


def test_others_have_the_turn_while_it_is_lent() -> None:
    turns = FairLock()
    had = threading.Event()

    def other() -> None:
        with turns.taken():
            had.set()

    with ThreadPoolExecutor(1) as pool, turns.taken():
        done = pool.submit(other)
        assert not had.wait(0.02)
        with turns.lent():
            assert had.wait(10)
            done.result(10)
        assert turns._holder == threading.get_ident()
    assert turns._holder is None


def test_nobody_lends_what_he_does_not_have() -> None:
    turns = FairLock()
    with ThreadPoolExecutor(1) as pool, turns.taken():

        def helper() -> None:
            with turns.lent():
                assert turns._holder is not None

        pool.submit(helper).result(10)
        assert turns._holder == threading.get_ident()


def test_an_error_gives_the_turn_back() -> None:
    turns = FairLock()
    with pytest.raises(ValueError, match="mine"), turns.taken():
        raise ValueError("mine")
    with pytest.raises(ValueError, match="lent"), turns.taken(), turns.lent():
        raise ValueError("lent")
    with turns.taken():
        pass


def test_who_is_interrupted_while_he_waits_is_not_given_the_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = FairLock()

    class Interrupted:
        """A lock whose second `acquire`, the wait, is ended by Ctrl-C."""

        def __init__(self) -> None:
            self.times = 0

        def acquire(self) -> None:
            self.times += 1
            if self.times == 2:
                raise KeyboardInterrupt

    def other() -> None:
        with monkeypatch.context() as patch:
            patch.setattr("codelode.search.fair_lock.threading.Lock", Interrupted)
            with pytest.raises(KeyboardInterrupt), turns.taken():
                pytest.fail("it was not its turn")

    with ThreadPoolExecutor(1) as pool, turns.taken():
        pool.submit(other).result(10)
        assert not turns._waiting
    with turns.taken():
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_searches_though_a_thread_had_the_turn(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", SAMPLE)
    index = Index.open(root, tmp_path / "index")
    index.update(jobs=1)
    with ThreadPoolExecutor(1) as pool:
        taken, enough = threading.Event(), threading.Event()

        def hold() -> None:
            with SEARCH_LOCK.taken():
                taken.set()
                enough.wait(20)

        held = pool.submit(hold)
        assert taken.wait(10)
        pid = os.fork()
        if not pid:
            os._exit(0 if index.search("retry") else 1)
        deadline, ended = time.monotonic() + 10, (0, 0)
        while ended == (0, 0) and time.monotonic() < deadline:
            ended = os.waitpid(pid, os.WNOHANG)
            time.sleep(0.01)
        if ended == (0, 0):
            os.kill(pid, 9)
            os.waitpid(pid, 0)
        enough.set()
        held.result(10)
    assert ended == (pid, 0)


def test_a_search_takes_a_turn_and_lends_it_to_others_during_a_long_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_tree(tmp_path / "tree", SAMPLE)
    index = Index.open(root, tmp_path / "index")
    index.update(jobs=1)
    monkeypatch.setattr("codelode.search.dense.LENT_ROWS", 1)
    seen = []

    class Watched(FairLock):
        def _take(self) -> None:
            super()._take()
            seen.append("taken")

        def _pass_on(self) -> None:
            super()._pass_on()
            seen.append("passed on")

    watched = Watched()
    monkeypatch.setattr(searcher, "SEARCH_LOCK", watched)
    monkeypatch.setattr("codelode.search.dense.SEARCH_LOCK", watched)
    assert index.search("retry")
    assert seen == ["taken", "passed on"] * 2
