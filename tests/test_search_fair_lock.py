"""FairLock: one thread at a time, in order, whatever happens to the others."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from codelode import Index
from codelode.search import searcher
from codelode.search.fair_lock import SEARCH_LOCK, FairLock
from tests.commandline import SAMPLE, write_tree


def until(true: object) -> None:
    """Wait until a function returns a true value."""
    deadline = time.monotonic() + 10
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_threads_hold_the_lock_one_at_a_time_in_the_order_of_asking() -> None:
    lock = FairLock()
    order: list[int] = []
    inside = 0

    def work(number: int) -> None:
        nonlocal inside
        with lock.held():
            inside += 1
            assert inside == 1
            order.append(number)
            inside -= 1

    with ThreadPoolExecutor(8) as pool:
        with lock.held():
            done = []
            for number in range(8):
                done.append(pool.submit(work, number))
                until(lambda: len(lock._waiting) == len(done))
            assert order == []
        for future in done:
            future.result(10)
    assert order == list(range(8))


def test_another_thread_can_hold_the_lock_while_it_is_released() -> None:
    lock = FairLock()
    had = threading.Event()

    def other() -> None:
        with lock.held():
            had.set()

    with ThreadPoolExecutor(1) as pool, lock.held():
        done = pool.submit(other)
        assert not had.wait(0.02)
        with lock.released():
            assert had.wait(10)
            done.result(10)
        assert lock._holder == threading.get_ident()
    assert lock._holder is None


def test_release_without_holding_is_a_no_op() -> None:
    lock = FairLock()
    with ThreadPoolExecutor(1) as pool, lock.held():

        def helper() -> None:
            with lock.released():
                assert lock._holder is not None

        pool.submit(helper).result(10)
        assert lock._holder == threading.get_ident()


def test_an_error_releases_the_lock() -> None:
    lock = FairLock()
    with pytest.raises(ValueError, match="mine"), lock.held():
        raise ValueError("mine")
    with pytest.raises(ValueError, match="released"), lock.held(), lock.released():
        raise ValueError("released")
    with lock.held():
        pass


def test_an_interrupted_thread_stops_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lock = FairLock()

    class Interrupted:
        """A lock whose second `acquire`, which waits, is interrupted by Ctrl-C."""

        def __init__(self) -> None:
            self.times = 0

        def acquire(self) -> None:
            self.times += 1
            if self.times == 2:
                raise KeyboardInterrupt

    def other() -> None:
        with monkeypatch.context() as patch:
            patch.setattr("codelode.search.fair_lock.threading.Lock", Interrupted)
            with pytest.raises(KeyboardInterrupt), lock.held():
                pytest.fail("it never held the lock")

    with ThreadPoolExecutor(1) as pool, lock.held():
        pool.submit(other).result(10)
        assert not lock._waiting
    with lock.held():
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_searches_although_a_thread_held_the_lock(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", SAMPLE)
    index = Index.open(root, tmp_path / "index")
    index.update(jobs=1)
    with ThreadPoolExecutor(1) as pool:
        taken, enough = threading.Event(), threading.Event()

        def hold() -> None:
            with SEARCH_LOCK.held():
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


def test_a_search_holds_the_lock_and_releases_it_during_a_long_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_tree(tmp_path / "tree", SAMPLE)
    index = Index.open(root, tmp_path / "index")
    index.update(jobs=1)
    monkeypatch.setattr("codelode.search.dense.RELEASING_ROWS", 1)
    seen = []

    class Watched(FairLock):
        def _acquire(self) -> None:
            super()._acquire()
            seen.append("acquired")

        def _release(self) -> None:
            super()._release()
            seen.append("released")

    watched = Watched()
    monkeypatch.setattr(searcher, "SEARCH_LOCK", watched)
    monkeypatch.setattr("codelode.search.dense.SEARCH_LOCK", watched)
    assert index.search("retry")
    assert seen == ["acquired", "released"] * 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_children_forked_beside_searching_threads_answer_rightly(tmp_path: Path) -> None:
    for i in range(60):
        lines = [f"def function_{i}_{j}(x):\n    return retry(x, {j})\n" for j in range(20)]
        (tmp_path / f"f{i}.py").write_text("".join(lines))
    index = Index.open(tmp_path, index_dir=tmp_path.parent / f"{tmp_path.name}-index")
    index.update()
    expected = [hit.path for hit in index.search("retry function 7")]
    ended = threading.Event()

    def search(number: int) -> None:
        for i in count():
            if ended.is_set():
                return
            index.search(f"retry function {number} {i % 50}")

    threads = [threading.Thread(target=search, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(60):
            pid = os.fork()
            if pid == 0:
                signal.alarm(20)  # ends a child that hangs
                found = [hit.path for hit in index.search("retry function 7")]
                os._exit(0 if found == expected else 1)
            assert os.waitpid(pid, 0)[1] == 0
    finally:
        ended.set()
        for thread in threads:
            thread.join()
