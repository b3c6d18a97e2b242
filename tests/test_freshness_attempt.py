"""Work in a thread of its own, at the end of the program."""

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
