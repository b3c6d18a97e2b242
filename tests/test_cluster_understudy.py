"""A dead searcher is replaced at once by its understudy, until the searcher is back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from codelode import Index
from codelode.cluster import understudy
from codelode.cluster.files import FileOptions
from codelode.cluster.front import Front
from codelode.cluster.kept_process import KeptProcess
from codelode.cluster.pieces import Corpus
from codelode.cluster.searcher import Searcher, SearcherOptions
from codelode.cluster.serve import PROCESS
from codelode.embed.load import load
from codelode.search.request import SearchRequest
from tests.clusters import (
    TOKEN,
    MemoryPieces,
    ask,
    asking,
    corpus,
    front_of,
    local_repository,
    one_machine,
    open_local,
    show,
)
from tests.commandline import until, write_tree

SEARCHERS = 2
REQUEST = SearchRequest("function_3", fixed_strings=["return 1", "return 3"], explain=True)
FILES = FileOptions("/nowhere", 1)
SEARCHER = """
import json, sys
from codelode.cluster import understudy
from codelode.cluster.files import CachedFiles, FileOptions
from codelode.cluster.searcher import Searcher, SearcherOptions

given = json.loads(sys.argv[1])
options, files = SearcherOptions(**given["searcher"]), FileOptions(**given["files"])
searcher = Searcher(options, CachedFiles(files))
kept = understudy.start(options, files)
print(kept.pid, flush=True)
sys.stdin.read()
kept.close()
"""


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("cluster")
    files: dict[str, str | bytes] = {
        f"{n}.py": f"def function_{n % 7}():\n    return {n}\n" for n in range(40)
    }
    index = Index.open(write_tree(folder / "tree", files), folder / "index")
    index.update(jobs=1)
    return corpus("1", [local_repository("one", index.directory)])


@contextmanager
def searcher(front: Front, name: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a searcher with an understudy; yield its process, and the understudy's process id."""
    given = {
        "searcher": asdict(SearcherOptions(name, [front.address], TOKEN)),
        "files": asdict(FILES),
    }
    command = [sys.executable, "-P", "-c", SEARCHER, json.dumps(given)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.communicate()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_whole(front: Front) -> bool:
    return front.is_whole() and len(front.searchers()) == SEARCHERS


def test_an_understudy_takes_the_place_of_a_killed_searcher(indexed: Corpus) -> None:
    """No answer is partial; all pieces have two owners again long before a process could start."""
    expected = one_machine(indexed.repositories, open_local, load(None), REQUEST)

    def check(_: int) -> str:
        found = ask(front, REQUEST, load(None), whole=False)
        return "" if found.hits == expected and not found.missing else "partial or other hits"

    with front_of(SEARCHERS) as front, searcher(front, "s0"):
        with searcher(front, "s1") as (process, stand_in):
            show(front, indexed, SEARCHERS, 20)
            until(lambda: is_whole(front), 20)
            time.sleep(1.0)  # time for the understudy to start
            before = front._members.link("s1")
            with asking(check, least=20):
                began = time.monotonic()
                process.send_signal(signal.SIGKILL)
                until(lambda: front._members.link("s1") not in (before, None), 20)
                until(lambda: is_whole(front), 20)
                print(f"whole {time.monotonic() - began:.2f} s after the end of a process")
        assert is_running(stand_in)
        with asking(check, least=20), searcher(front, "s1"):
            until(lambda: not is_running(stand_in), 20)
            until(lambda: is_whole(front), 20)


def test_an_understudy_leaves_with_its_searcher(indexed: Corpus) -> None:
    with front_of(1) as front:
        with searcher(front, "s0") as (_, stand_in):
            show(front, indexed, 1, 20)
            assert is_running(stand_in)
        until(lambda: not is_running(stand_in), 5)
        until(lambda: not front.searchers(), 5)


def test_an_understudy_without_a_front_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(understudy, "LOOK_SECONDS", 0.2)
    with front_of(1) as front:
        address = front.address
    dialing = Searcher(SearcherOptions("s", [address], TOKEN), MemoryPieces(), redials=False)
    began = time.monotonic()
    understudy.stand_in(dialing)
    assert time.monotonic() - began < 5


def test_a_searcher_that_does_not_redial_is_closed_after_its_last_front() -> None:
    with front_of(1) as one, front_of(1) as two:
        options = SearcherOptions("s", [one.address, two.address], TOKEN)
        searcher = Searcher(options, MemoryPieces(), redials=False)
        until(lambda: one.searchers() == two.searchers() == ["s"], 10)
        one.close()
        until(lambda: searcher.connected == 1, 10)
        assert not searcher.wait(0)
        two.close()
        assert searcher.wait(10)


def test_a_process_that_ends_is_started_again() -> None:
    with front_of(1) as front:
        options = SearcherOptions("s0", [front.address], TOKEN)
        kept = KeptProcess(
            PROCESS, {"searcher": asdict(options), "files": asdict(FILES), "processes": 1}
        )
        try:
            seen = set()
            for _ in range(3):
                until(lambda: front.searchers() == ["s0"], 20)
                seen.add(kept.pid)
                os.kill(kept.pid, signal.SIGKILL)
                until(lambda: kept.pid not in seen, 20)
            assert len(seen) == 3
        finally:
            kept.close()
        assert not is_running(kept.pid)
        until(lambda: not front.searchers(), 5)
