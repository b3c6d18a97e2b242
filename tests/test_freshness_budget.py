"""A search with `fresh="auto"` keeps its budget, whatever holds up the walk or the update."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.faults.calls import Call, intercepted
from codelode import Index
from codelode.errors import UsageError
from codelode.freshness import attempt, refresh
from codelode.freshness.look import Bounds, look
from codelode.types import Freshness
from codelode.writer import IndexWriter
from tests.commandline import SAMPLE, CommandLine, processes, until, watching, write_tree

BUDGET = 1.0  # seconds: enough for a busy machine to look at a few files
SLACK = 4.0
"""Seconds by which a busy machine may delay a search; what holds it up here lasts much longer."""


@pytest.fixture(autouse=True)
def _short_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LODE_FRESH_BUDGET", str(BUDGET))


def test_the_usual_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LODE_FRESH_BUDGET")
    assert refresh.budget() == 0.3


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", SAMPLE)


@pytest.fixture
def index(root: Path, tmp_path: Path) -> Index:
    index = Index.open(root, index_dir=tmp_path / "index")
    index.update(jobs=1)
    index.search("retry", fresh="never")  # so that all modules are loaded
    return index


def timed(index: Index) -> Freshness:
    """Search, which must keep the budget; return the freshness of the answer."""
    began = time.monotonic()
    answer = index.answer("retry")
    assert time.monotonic() - began < BUDGET + SLACK
    assert answer.hits
    return answer.freshness


@contextmanager
def holding(module: Any, name: str, is_held: Callable[..., bool]) -> Iterator[None]:
    """Hold up the calls of a function whose arguments satisfy `is_held`, until the block ends.

    Then let the held calls go on, and wait until no work is under way in this process.
    """
    real, go_on = getattr(module, name), threading.Event()

    def call(*given: Any, **options: Any) -> Any:
        if is_held(*given):
            assert go_on.wait(60)
        return real(*given, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, name, call)
        try:
            yield
        finally:
            go_on.set()
            until(lambda: not attempt.any_under_way())


@pytest.mark.parametrize("name", ["open", "create", "write", "fsync", "rename"])
def test_a_disk_that_hangs_in_the_update(index: Index, root: Path, name: str) -> None:
    go_on, seen = threading.Event(), []

    def hook(call: Call) -> None:
        if call.name == name and threading.current_thread() is not threading.main_thread():
            seen.append(call)
            assert go_on.wait(60)

    (root / "src/new.py").write_text("def brand_new_function():\n    return 1\n")
    (root / "src/config.ts").unlink()
    with intercepted(index.directory, hook):
        try:
            state = timed(index)
        finally:
            go_on.set()
            until(lambda: not attempt.any_under_way())
    assert seen
    assert (state.changed, state.added, state.deleted) == (0, 1, 1)
    assert state.problem == "updating took over 1 s"
    # The update went on in this process after its time was up, and did no harm.
    assert index.answer("brand_new_function").hits[0].path == "src/new.py"
    assert index.verify() == []


def test_a_file_system_that_hangs_in_the_walk(index: Index, root: Path) -> None:
    (root / "src/new.py").write_text("def brand_new_function():\n    return 1\n")
    with holding(os, "scandir", lambda *_: True):
        states = [timed(index) for _ in range(3)]
        working = [each for each in threading.enumerate() if each.name == "lode-freshness"]
    assert {state.differing for state in states} == {None}
    assert {state.problem for state in states} == {"looking at the tree took over 1 s"}
    assert len(working) == 1  # the searches share the thread that hangs


def test_a_file_that_hangs_when_it_is_read(index: Index, root: Path) -> None:
    """A file with a new time has to be read to be compared; here, reading it hangs."""
    os.utime(root / "src/retry.py")

    def is_of_it(descriptor: int, _size: int) -> bool:
        return os.readlink(f"/proc/self/fd/{descriptor}").endswith("retry.py")  # noqa: PTH115

    with holding(os, "read", is_of_it):
        assert timed(index).differing is None
    assert timed(index).differing == 0


def test_a_tree_of_folders_without_files(index: Index, root: Path) -> None:
    """The walk of empty folders yields nothing, so it checks the time limit at every folder."""
    for number in range(50):
        (root / f"empty/{number}").mkdir(parents=True)
    walk = IndexWriter(index.reader).walk_options({})
    entered = 0

    class Late(Bounds):
        def check(self, _folder: str = "") -> None:
            nonlocal entered
            entered += 1
            super().check()

    found = look(root, index.snapshot(), walk, None, Late(time.monotonic() - 1, 1000))
    assert not found.finished
    assert entered == 1


HOLDER = """
import sys, time
from pathlib import Path
from codelode.store.lock import write_lock
with write_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_an_updater_that_is_stopped(index: Index, root: Path) -> None:
    (root / "src/new.py").write_text("x = 1\n")
    command = [sys.executable, "-c", HOLDER, str(index.directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            holder.send_signal(signal.SIGSTOP)
            state = timed(index)
        finally:
            holder.kill()
    assert (state.added, state.updating, state.problem) == (1, True, "another process is indexing")
    assert timed(index).differing == 0


def test_a_watcher_that_is_stopped(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    with watching(lode, tree) as process:
        until(lambda: list(lode.cache.rglob("fresh.socket")))
        process.send_signal(signal.SIGSTOP)
        (tree / "src/new.py").write_text("def brand_new_function():\n    return 1\n")
        index = Index.open(tree, index_dir=lode.cache / "codelode")
        index.search("retry", fresh="never")
        state = timed(index)
        assert state.differing in (0, 1)  # 0: a busy machine did not find the new file in time
        process.send_signal(signal.SIGCONT)


def test_a_search_does_not_wait_for_one_that_has_to_be_fresh(index: Index, root: Path) -> None:
    (root / "src/new.py").write_text("x = 1\n")
    command = [sys.executable, "-c", HOLDER, str(index.directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        waiting = threading.Thread(target=lambda: index.answer("retry", fresh="always"))
        waiting.start()
        try:
            assert timed(index).differing == 1
        finally:
            holder.kill()
            waiting.join(60)


HANGING = """
import os, time

def fsync(descriptor):
    time.sleep(600)

os.fsync = fsync
"""


@pytest.mark.parametrize("background", ["0", "1"])
def test_a_command_ends_although_its_update_hangs(
    lode: CommandLine, tree: Path, tmp_path: Path, background: str
) -> None:
    lode("index", tree).must_succeed()
    (tree / "src/new.py").write_text("def brand_new_function():\n    return 1\n")
    write_tree(tmp_path / "site", {"sitecustomize.py": HANGING})
    found = lode(
        *("search", "RetryScheduler", tree),
        PYTHONPATH=str(tmp_path / "site"),
        LODE_BACKGROUND=background,
        LODE_FRESH_BUDGET="3",
    ).must_succeed()
    assert "src/retry.py:6" in found.text
    advice = "" if background == "1" else f": run `lode index {tree}`, or add `--fresh always`"
    assert found.message == (
        f"lode: 1 file added since the last update (updating took over 3 s){advice}\n"
    )
    if background == "1":  # the background update hangs in its fsync too, and keeps the lock
        end_background(tree)
    assert lode("verify", tree).code == 0
    assert "src/new.py" in lode("search", "brand_new_function", tree, LODE_FRESH_BUDGET="60").text


def end_background(tree: Path) -> None:
    """Kill the background update of a tree, and wait until it has ended."""

    def pids() -> list[int]:
        return processes("codelode.freshness.background", tree)

    until(pids)
    for pid in pids():
        os.kill(pid, signal.SIGKILL)
    until(lambda: not pids())


def test_long_merges_are_left_to_others(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search does not merge segments if that would take too long; `update` merges them."""
    monkeypatch.setattr(refresh, "MERGED_CHUNKS", 8)  # chunks; each segment has 4 to 6
    monkeypatch.setenv("LODE_FRESH_BUDGET", "30")
    index = Index.open(root, index_dir=index.directory.parent)
    for number in range(6):
        functions = "".join(f"def f{n}():\n    {'x = 1; ' * 250}\n\n\n" for n in range(5))
        write_tree(root, {f"src/m{number}.py": functions})
        assert index.answer(f"m{number}").freshness.updated
    segments = index.snapshot().manifest.segments
    assert min(each.chunks for each in segments) > 4
    assert len(segments) == 7
    index.update(jobs=1)
    assert len(index.snapshot().manifest.segments) < 4


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_an_invalid_budget_is_refused(
    lode: CommandLine, tree: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    lode("index", tree).must_succeed()
    lode("search", "retry", tree, LODE_FRESH_BUDGET=text).must_be_refused("LODE_FRESH_BUDGET")
    monkeypatch.setenv("LODE_FRESH_BUDGET", text)
    with pytest.raises(UsageError):
        refresh.budget()


def test_a_larger_budget_is_used(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    write_tree(tree, {f"new/f{n}.py": f"x_{n} = {n}\n" * 20_000 for n in range(3)})
    found = lode("search", "RetryScheduler", tree, LODE_FRESH_BUDGET="0.3")
    assert "updating would take over 0.3 s" in found.message
    assert lode("search", "RetryScheduler", tree, LODE_FRESH_BUDGET="60").message == ""
