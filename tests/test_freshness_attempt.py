"""Attempts, which work in threads of their own: late work, and the end of the program."""

from __future__ import annotations

import threading

import pytest

from codelode.freshness import attempt


def test_the_end_of_the_program_survives_work_that_never_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C may come between the creation of a thread and its start."""

    def interrupt(_: threading.Thread) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupt)
        with pytest.raises(KeyboardInterrupt) as raised:
            attempt.Attempt(lambda _: 1)
    attempt._end_all()
    assert raised.traceback  # the traceback keeps the attempt alive until here


@pytest.mark.parametrize("has_begun", [True, False])
def test_an_update_that_is_a_little_late_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, has_begun: bool
) -> None:
    monkeypatch.setattr(attempt, "LAST_SECONDS", 40.0)
    go_on = threading.Event()

    def work(mine: attempt.Attempt[int]) -> int:
        while not go_on.wait(0.01):
            mine.check()
        return 1

    late = attempt.Attempt(work)
    late.so_far = 1 if has_begun else None
    timer = threading.Timer(0.2, go_on.set)
    if has_begun:
        timer.start()
    attempt._end_all()
    if has_begun:
        timer.join()
        assert late.result() == 1
    else:
        with pytest.raises(attempt.Abandoned):
            late.result()
