"""The elected watcher tells other processes how index and tree differ, which saves them a walk."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

import codelode
from codelode import Freshness, Index, Watcher
from codelode.freshness import inquiry, look, refresh
from codelode.system import private_socket
from tests.commandline import SAMPLE, CommandLine, until, watching, write_tree


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a watcher enough time to accept connections, even on a busy machine."""
    monkeypatch.setattr(inquiry, "SECONDS_TO_ACCEPT", 20.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", SAMPLE)


@pytest.fixture
def watcher(root: Path, tmp_path: Path) -> Iterator[Watcher]:
    index = Index.open(root, index_dir=tmp_path / "index")
    index.update(jobs=1)
    with index.watch() as watcher:
        until(lambda: watcher.changes() == set())
        until((watcher.directory / inquiry.SOCKET).exists)
        yield watcher


@pytest.fixture
def other(watcher: Watcher, root: Path, tmp_path: Path) -> Index:
    """Return the index as another process has it: without a watcher."""
    return Index.open(root, index_dir=tmp_path / "index")


@pytest.fixture
def served(lode: CommandLine, tree: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Watch from another process."""
    lode("index", tree).must_succeed()
    with watching(lode, tree) as process:
        until(lambda: list(lode.cache.rglob(inquiry.SOCKET)))
        yield process


def soon() -> float:
    return time.monotonic() + 20


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def opened(lode: CommandLine, tree: Path) -> Index:
    return Index.open(tree, index_dir=lode.cache / "codelode")


def test_others_do_not_walk(other: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "look", None)
    assert other.answer("retry").freshness.differing == 0


def test_a_watcher_that_stands_by_asks(other: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    with other.watch() as second:
        assert other.answer("retry").freshness.differing == 0
        monkeypatch.setattr(refresh, "look", None)
        assert other.answer("retry").freshness.differing == 0
        assert not second.leads


def test_others_are_never_behind(other: Index, root: Path) -> None:
    for number in range(30):
        (root / "src/new.py").write_text(f"word_{number}x = 1\n")
        answer = other.answer(f"word_{number}x", mode="lexical")
        assert answer.freshness.differing == 0
        assert answer.hits[0].path == "src/new.py"
        assert f"word_{number}x" in answer.hits[0].text


def test_twenty_that_ask_at_once_cost_a_few_looks(
    other: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0
    real = look.look

    def slow(*given: object) -> look.Look:
        nonlocal count
        count += 1
        time.sleep(0.1)
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(refresh, "look", slow)
    (root / "src/new.py").write_text("brand_new_word = 1\n")
    with ThreadPoolExecutor(20) as pool:
        states = list(pool.map(lambda _: inquiry.ask(other.directory, soon()), range(20)))
    assert {state.differing for state in states if state} == {0}
    assert None not in states
    assert count <= 4


def test_fresh_always_asks_no_watcher(other: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiry, "ask", None)
    assert other.answer("retry", fresh="always").freshness.differing == 0


def test_a_folder_of_the_tree_asks_the_watcher_of_the_tree(
    watcher: Watcher, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = Index.open(root / "src", index_dir=tmp_path / "index")
    (root / "src/new.py").write_text("brand_new_word = 1\n")
    assert below.search("brand_new_word")[0].path == "new.py"
    until(lambda: watcher.changes() == set())
    monkeypatch.setattr(refresh, "look", None)
    assert below.answer("brand_new_word").freshness.differing == 0


def test_another_process_answers(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes]
) -> None:
    index = opened(lode, tree)
    assert inquiry.ask(index.directory, soon()) == refresh.UNCHANGED
    (tree / "src/new.py").write_text("brand_new_word = 1\n")
    state = inquiry.ask(index.directory, soon())
    assert state is not None
    assert state.differing == 0
    assert index.search("brand_new_word", fresh="never")[0].path == "src/new.py"
    (place,) = lode.cache.rglob(inquiry.SOCKET)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    served.send_signal(signal.SIGINT)
    served.wait()
    assert not place.exists()


def test_an_answer_of_another_program_is_ignored(
    lode: CommandLine,
    tree: Path,
    served: subprocess.Popen[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(codelode, "__version__", "9.9")
    index = opened(lode, tree)
    assert inquiry.ask(index.directory, soon()) is None
    assert index.answer("retry").freshness.differing == 0


def test_a_killed_watcher_leaves_nothing_that_matters(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes]
) -> None:
    served.kill()
    served.wait()
    index = opened(lode, tree)
    assert (index.directory / inquiry.SOCKET).exists()
    (tree / "src/new.py").write_text("brand_new_word = 1\n")
    assert index.search("brand_new_word")[0].path == "src/new.py"
    with watching(lode, tree):
        until(lambda: inquiry.ask(index.directory, soon()) == refresh.UNCHANGED)


def test_a_watcher_that_hangs_is_not_waited_for(
    lode: CommandLine,
    tree: Path,
    served: subprocess.Popen[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inquiry, "SECONDS_TO_ACCEPT", 0.1)
    index = opened(lode, tree)
    served.send_signal(signal.SIGSTOP)
    until(lambda: is_stopped(served.pid))
    began = time.monotonic()
    assert inquiry.ask(index.directory, soon()) is None
    assert time.monotonic() - began < 5
    served.send_signal(signal.SIGCONT)


def test_strangers_do_no_harm(other: Index) -> None:
    address = private_socket.Address(os.fspath(other.directory), inquiry.SOCKET)
    for data in (b"", b"x", b"\xff" * 100):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(address.path)
            with suppress(BrokenPipeError):  # the inquiry is answered already
                connection.sendall(data)
    silent = [socket.socket(socket.AF_UNIX) for _ in range(5)]
    for connection in silent:
        connection.connect(address.path)
    assert inquiry.ask(other.directory, soon()) == refresh.UNCHANGED
    for connection in silent:
        connection.close()
    address.close()


def test_the_index_may_be_removed_and_made_again(other: Index, root: Path) -> None:
    shutil.rmtree(other.directory)
    until(lambda: other.exists() and inquiry.ask(other.directory, soon()) == refresh.UNCHANGED)


def test_an_answer_survives_packing(monkeypatch: pytest.MonkeyPatch) -> None:
    state = Freshness(1.5, 2, 0, 7, 0.5, updating=True, problem="caf\udce9 \u20ac")
    data = inquiry.pack(state)
    assert inquiry.unpack(data) == state
    monkeypatch.setattr(codelode, "__version__", "9.9")
    assert inquiry.unpack(data) is None
