"""Search workers: the same answers and errors as in this process, whatever dies meanwhile."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codelode import Answer, Freshness, Hit, Index
from codelode.errors import CodelodeError, DamagedError, MismatchError, NoIndexError, UsageError
from codelode.serving.dispatcher import Dispatcher
from codelode.serving.handle import WorkerHandle
from codelode.system.framing import Frame
from codelode.system.processes import ChildProcess
from tests.commandline import SAMPLE, write_tree

ODD: dict[str, str | bytes] = {
    os.fsdecode(b"src/caf\xe9.py"): "def retry_cafe():\n    return 'retry'\n",
    "src/latin.py": b"# retry d\xe9j\xe0 vu\ndef deja_vu():\n    return 1\n",
    "src/utf.md": "# Retry \u00e9\U0001f600\n\nretry later\n",
    "src/long.txt": "".join(f"retry number {i}, and again\n" for i in range(6000)),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tree = write_tree(tmp_path / "tree", {**SAMPLE, **ODD})
    Index.open(tree, tmp_path / "index").update(jobs=1)
    return tree


@pytest.fixture
def index(root: Path, tmp_path: Path) -> Iterator[Index]:
    with Index.open(root, tmp_path / "index", processes=2) as opened:
        yield opened


def serving(index: Index) -> Dispatcher:
    assert index._dispatcher is not None
    return index._dispatcher


def workers(index: Index) -> list[WorkerHandle]:
    return [slot.handle for slot in serving(index)._slots if slot.handle is not None]


def requests(index: Index) -> int:
    return sum(slot.load for slot in serving(index)._slots)


def pids(index: Index) -> list[int]:
    return [worker.pid for worker in workers(index)]


@contextmanager
def crowd(index: Index) -> Iterator[None]:
    """Pretend that another search is under way in this process."""
    with serving(index)._slot() as slot:
        assert slot is None
        yield


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def timeless(answer: Answer) -> Answer:
    assert answer.seconds > 0
    return replace(answer, seconds=0.0, freshness=Freshness())


def test_workers_give_the_same_answers(index: Index, root: Path) -> None:
    (root / "src/retry.py").write_text("# changed since\n")
    asked: list[dict[str, Any]] = [
        {"mode": mode, "explain": explain, "limit": limit}
        for mode in ("hybrid", "semantic", "lexical")
        for explain in (False, True)
        for limit in (1, 3, 100)
    ]
    asked += [{"languages": ["py"]}, {"globs": ["*.md"]}, {"globs": ("!*.md",), "limit": 2}]
    stale = odd = longest = 0
    for options in asked:
        for query in ("retry", "schedule_retry", "when is a failed request sent again", "\u00e9"):
            alone = index.answer(query, fresh="never", **options)
            with crowd(index):
                answer = index.answer(query, fresh="never", **options)
            assert timeless(answer) == timeless(alone)
            stale += answer.stale_files
            odd += sum("\udce9" in hit.path for hit in answer.hits)
            longest = max(longest, sum(len(hit.text) for hit in answer.hits))
    assert stale
    assert odd
    assert longest > 1 << 16  # more than a pipe holds
    assert len(workers(index)) == 1


def test_searches_one_at_a_time_start_no_worker(index: Index) -> None:
    for _ in range(3):
        assert index.search("retry")
    assert workers(index) == []


def test_a_concurrent_search_starts_one_worker(index: Index) -> None:
    with crowd(index):
        assert index.search("retry")
        assert len(workers(index)) == 1
        assert index.search("retry")
        assert len(workers(index)) == 1


def test_there_are_no_more_workers_than_allowed(index: Index) -> None:
    with ThreadPoolExecutor(8) as pool, crowd(index):
        answers = list(pool.map(lambda _: index.search("retry"), range(40)))
    assert all(answer == answers[0] for answer in answers)
    assert len(workers(index)) == 2
    assert requests(index) == serving(index)._under_way == 0


def test_a_negative_number_of_processes_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match="-1"):
        Index.open(root, processes=-1)


def test_workers_raise_the_same_errors(index: Index) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("", {}),
        ("retry", {"limit": 0}),
        ("retry", {"mode": "none"}),
        ("retry", {"languages": ["klingon"]}),
        ("retry", {"globs": ["["]}),
    ]
    for query, options in wrong:
        with pytest.raises(UsageError) as alone:
            index.answer(query, **options)
        with crowd(index), pytest.raises(UsageError) as served:
            index.answer(query, **options)
        assert (type(served.value), str(served.value)) == (type(alone.value), str(alone.value))
    assert len(workers(index)) == 1


def test_workers_raise_the_same_store_errors(index: Index, root: Path, tmp_path: Path) -> None:
    def both(opened: Index, kind: type[CodelodeError]) -> None:
        with pytest.raises(kind) as alone:
            opened.search("retry")
        with crowd(opened), pytest.raises(kind) as served:
            opened.search("retry")
        assert str(served.value) == str(alone.value)

    with Index.open(root, tmp_path / "nothing", processes=1) as nothing:
        both(nothing, NoIndexError)
    (tmp_path / "elsewhere").mkdir()
    with Index.open(tmp_path / "elsewhere", index.directory, processes=1) as elsewhere:
        both(elsewhere, MismatchError)
    for segment in index.directory.glob("*.seg*"):
        os.truncate(segment, 100)
    both(index, DamagedError)


def test_a_worker_answers_from_an_enclosing_index(root: Path, tmp_path: Path) -> None:
    with Index.open(root / "src", tmp_path / "index", processes=1) as below:
        alone = below.answer("retry")
        with crowd(below):
            assert timeless(below.answer("retry")) == timeless(alone)
    assert alone.hits


def test_a_killed_worker_is_replaced(index: Index) -> None:
    with crowd(index):
        hits = index.search("retry")
        (before,) = pids(index)
        os.kill(before, signal.SIGKILL)
        assert index.search("retry") == hits
        (after,) = pids(index)
    assert after != before


def test_a_worker_killed_at_work_is_replaced(index: Index) -> None:
    with crowd(index), ThreadPoolExecutor(1) as pool:
        hits = index.search("retry")
        (worker,) = workers(index)
        os.kill(worker.pid, signal.SIGSTOP)
        asked = pool.submit(index.search, "retry")
        until(lambda: requests(index))
        os.kill(worker.pid, signal.SIGKILL)
        assert asked.result(30) == hits


@contextmanager
def two_at_once(index: Index) -> Iterator[list[Future[list[Hit]]]]:
    """Let a request wait in the pipe of the only worker, which has another request."""
    serving(index)._slots[1:] = []
    index.search("retry")
    (worker,) = workers(index)
    os.kill(worker.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(index.search, "retry")]
        until(lambda: requests(index))
        asked.append(pool.submit(index.search, "schedule"))
        until(lambda: requests(index) == 2)
        yield asked


def test_a_request_behind_another_gets_its_own_answer(index: Index) -> None:
    hits = [index.search(query) for query in ("retry", "schedule")]
    assert hits[0] != hits[1]
    with crowd(index), two_at_once(index) as asked:
        os.kill(pids(index)[0], signal.SIGCONT)
        assert [future.result(30) for future in asked] == hits


def test_both_requests_of_a_killed_worker_are_answered(index: Index) -> None:
    hits = [index.search(query) for query in ("retry", "schedule")]
    with crowd(index), two_at_once(index) as asked:
        os.kill(pids(index)[0], signal.SIGKILL)
        assert [future.result(30) for future in asked] == hits
    assert requests(index) == 0


def test_an_interrupted_search_does_not_disturb_the_next(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    both_asked = threading.Event()

    receive = ChildProcess.receive

    def interrupted_once(process: ChildProcess) -> Frame | None:
        calls.append(process)
        if len(calls) == 2:  # the first call is from `two_at_once`
            assert both_asked.wait(20)
            raise KeyboardInterrupt
        return receive(process)

    hits = index.search("schedule")
    monkeypatch.setattr(ChildProcess, "receive", interrupted_once)
    with crowd(index), two_at_once(index) as asked:
        both_asked.set()
        with pytest.raises(KeyboardInterrupt):
            asked[0].result(30)
        assert asked[1].result(30) == hits


def test_a_request_is_tried_twice(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    # `codelode.errors` is a module that ends at once.
    monkeypatch.setattr("codelode.serving.handle.WORKER", "codelode.errors")
    with crowd(index), pytest.raises(CodelodeError, match=r"exit status 0.*'retry'.*tried again"):
        index.search("retry")
    assert index.search("retry")
    monkeypatch.undo()
    with crowd(index):
        assert index.search("retry")


def test_a_worker_that_cannot_be_started_is_an_error(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    for _ in range(3):  # more often than there are slots
        with crowd(index), pytest.raises(CodelodeError, match="cannot start a search process"):
            index.search("retry")


def test_an_interrupted_search_leaves_no_answer_behind(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    with crowd(index):
        index.search("retry")
        (before,) = pids(index)
        with monkeypatch.context() as patch:
            patch.setattr(ChildProcess, "receive", interrupted)
            with pytest.raises(KeyboardInterrupt):
                index.search("schedule")
        assert not alive(before)
        assert index.answer("retry").query == "retry"


def test_close_ends_idle_workers_and_searches_continue(index: Index) -> None:
    with crowd(index):
        hits = index.search("retry")
        (pid,) = pids(index)
        index.close()
        assert not alive(pid)
        assert index.search("retry") == hits
        assert workers(index) == []
    index.close()


def test_a_worker_at_work_ends_after_close(index: Index) -> None:
    with crowd(index), ThreadPoolExecutor(1) as pool:
        hits = index.search("retry")
        (worker,) = workers(index)
        os.kill(worker.pid, signal.SIGSTOP)
        asked = pool.submit(index.search, "retry")
        until(lambda: requests(index))
        index.close()
        os.kill(worker.pid, signal.SIGCONT)
        assert asked.result(30) == hits
    until(lambda: not alive(worker.pid))


def test_workers_end_with_the_index(root: Path, tmp_path: Path) -> None:
    index = Index.open(root, tmp_path / "index", processes=1)
    with crowd(index):
        index.search("retry")
    (pid,) = pids(index)
    del index
    gc.collect()
    assert not alive(pid)


PARENT = """
import json, sys, time
from codelode import Index
index = Index.open(sys.argv[1], sys.argv[2], processes=2)
with index._dispatcher._slot():
    index.search("retry")
workers = [slot.handle for slot in index._dispatcher._slots]
print(json.dumps([worker.pid for worker in workers if worker]), flush=True)
time.sleep(60 if sys.argv[3] == "sleep" else 0)
"""


@pytest.mark.parametrize("how", ["sleep", "exit"])
def test_workers_end_with_their_parent(root: Path, tmp_path: Path, how: str) -> None:
    command = [sys.executable, "-c", PARENT, str(root), str(tmp_path / "index"), how]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        (pid,) = json.loads(parent.stdout.readline())
        if how == "sleep":
            assert alive(pid)
            parent.kill()
        parent.wait(30)
        until(lambda: not alive(pid))
        assert parent.stderr.read() == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_workers_of_its_own(index: Index) -> None:
    with crowd(index):
        hits = index.search("retry")
        before = pids(index)
        pid = os.fork()
        if not pid:
            code = 1
            try:
                index.search("retry")  # no other search is under way
                with crowd(index):
                    right = index.search("retry") == hits and pids(index) != before
                index.close()
                code = 0 if right else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert index.search("retry") == hits
    assert pids(index) == before


def test_workers_see_updates(index: Index, root: Path) -> None:
    with crowd(index):
        assert index.answer("zebra_crossing", mode="lexical").hits == []
        (root / "src/zebra.py").write_text("def zebra_crossing():\n    return 1\n")
        index.update(jobs=1)
        answer = index.answer("zebra_crossing", mode="lexical")
    assert [hit.path for hit in answer.hits] == ["src/zebra.py"]
    assert answer.generation == index.snapshot().manifest.generation


def test_threads_search_while_updates_run(index: Index, root: Path) -> None:
    ended = threading.Event()

    def searching(number: int) -> int:
        newest = count = 0
        while not ended.is_set():
            answer = index.answer(("retry", "schedule", "versioned")[number % 3])
            assert answer.generation >= newest  # no search goes back in time
            newest = answer.generation
            count += 1
            for hit in answer.hits:
                if hit.path == "src/versioned.py":
                    assert hit.text.count("version_") == 2  # one version, not half of two
        return count

    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(searching, number) for number in range(6)]
        try:
            for version in range(8):
                line = f"def version_{version}(): return 'versioned version_{version}'\n"
                (root / "src/versioned.py").write_text(line)
                index.update(jobs=1)
        finally:
            ended.set()
        assert all(future.result(60) for future in running)
    assert len(workers(index)) == 2
