"""A walk in a child gives the same result as a walk in this process, or none; no child is left."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from codelode import Index
from codelode.discover.options import WalkOptions
from codelode.discover.walk import walk
from codelode.freshness import ahead, look
from codelode.freshness.look import Bounds
from codelode.types import SourceFile
from codelode.writer import IndexWriter
from tests.commandline import (
    LODE,
    SAMPLE,
    CommandLine,
    children,
    processes,
    until,
    write_tree,
)

MANY: dict[str, str | bytes] = {
    **SAMPLE,
    **{f"many/d{n % 30}/caf\u00e9{n}.py": f"x = {n}\n" for n in range(1200)},
}


@pytest.fixture
def index(tmp_path: Path) -> Index:
    root = write_tree(tmp_path / "tree", MANY)
    (root / os.fsdecode(b"not-utf-8-\xff.py")).write_text("x = 1\n")
    index = Index.open(root, index_dir=tmp_path / "index")
    index.update(jobs=1)
    return index


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    others = set(children(os.getpid()))
    yield
    ahead._end()
    ahead._begun = None
    assert set(children(os.getpid())) <= others


def begun(index: Index) -> WalkOptions:
    """Begin a walk ahead; return the walk options that a look would use."""
    ahead.begin(os.fspath(index.directory), os.fspath(index.root))
    assert ahead._begun is not None
    return IndexWriter(index.reader).walk_options(index.snapshot().manifest.options)


def test_it_is_the_walk_of_the_look(index: Index) -> None:
    before = time.time_ns()
    options = begun(index)
    after = time.time_ns()
    found = ahead.take(index.root, options, math.inf)
    assert found is not None
    assert found.files == [f for f in walk(index.root, options) if isinstance(f, SourceFile)]
    assert len(found.files) == 1207
    assert before <= found.began_ns <= after
    assert ahead.take(index.root, options, math.inf) is None  # the result is given only once


def test_a_look_uses_it(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    (index.root / "src/new.py").write_text("x = 1\n")
    (index.root / "src/retry.py").unlink()
    options = begun(index)
    before = time.time_ns()
    monkeypatch.setattr(look, "walk", None)
    found = look.look(index.root, index.snapshot(), options, None, Bounds(math.inf, math.inf))
    assert (found.added, found.gone, found.changed) == (["src/new.py"], ["src/retry.py"], [])
    assert found.began_ns <= before  # files changed after `began_ns` are read again


def test_it_is_for_one_root_and_its_options(index: Index) -> None:
    options = begun(index)
    assert ahead.take(index.root, replace(options, hidden=True), math.inf) is None
    options = begun(index)
    assert ahead.take(index.root / "src", options, math.inf) is None
    ahead._begun = None
    ahead.begin(os.fspath(index.directory), os.fspath(index.root / "src"))
    assert ahead._begun is None


def test_a_walk_that_is_late_or_killed_is_replaced(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = begun(index)
    assert ahead._begun is not None
    os.kill(ahead._begun._child, signal.SIGSTOP)
    assert ahead.take(index.root, options, time.monotonic() + 0.05) is None
    options = begun(index)
    os.kill(ahead._begun._child, signal.SIGKILL)
    found = look.look(index.root, index.snapshot(), options, None, Bounds(math.inf, math.inf))
    assert (found.files, found.differing) == (1207, [])


def test_it_does_not_begin_where_it_does_not_pay(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LEAST_FILES", 5000), ("MOST_FILES", 100)):
        with monkeypatch.context() as patched:
            patched.setattr(ahead, name, value)
            ahead.begin(os.fspath(index.directory), os.fspath(index.root))
            assert ahead._begun is None
    monkeypatch.setattr(ahead, "available_cores", lambda: 1)
    ahead.begin(os.fspath(index.directory), os.fspath(index.root))
    assert ahead._begun is None


@pytest.mark.parametrize(
    "data", [b"", b"x\n[]", b"x\n{}", b'x\n{"segments": 1, "root": ""}', b"\xff\n\xff"]
)
def test_damaged_manifests_are_left_to_the_search(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(data)
    ahead.begin(os.fspath(tmp_path), "/")
    assert ahead._begun is None


def test_a_command_finds_every_edit_and_leaves_no_process(
    lode: CommandLine, tmp_path: Path
) -> None:
    root = write_tree(tmp_path / "tree", MANY)
    lode("index", root).must_succeed()
    for number in range(3):
        (root / "src/new.py").write_text(f"word{number}x = 1\n")
        found = lode("search", "--json", "--lexical", f"word{number}x", root).must_succeed().json
        assert found["snapshot"]["changed_files"] == 0
        assert f"word{number}x" in found["hits"][0]["text"]
    assert left_over(root) == []


HANGING = """
import os, time
real = os.scandir

def scandir(*given):
    if os.environ.get("TEST_LODE_HANG") and isinstance(given[0], int):
        time.sleep(600)
    return real(*given)

os.scandir = scandir
"""


def test_a_walk_that_hangs_ends_with_its_command(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", MANY)
    lode("index", root).must_succeed()
    write_tree(tmp_path / "site", {"sitecustomize.py": HANGING})
    given = {"PYTHONPATH": str(tmp_path / "site"), "TEST_LODE_HANG": "1", "LODE_FRESH_BUDGET": "1"}
    found = subprocess.run(
        [*LODE, "search", "retry", root],
        env={**lode.environment(), **given},
        capture_output=True,
        timeout=60,
    )
    assert found.returncode == 0
    assert b"looking at the tree took over 1 s" in found.stderr
    process = subprocess.Popen(
        [*LODE, "search", "retry", root],
        env={**lode.environment(), **given, "LODE_FRESH_BUDGET": "60"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until(lambda: len(left_over(root)) == 2)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    # The code is -SIGINT if Python was still importing: a shell sees 130 for both.
    assert process.returncode in (130, -signal.SIGINT)
    assert left_over(root) == []


def left_over(root: Path) -> list[int]:
    """Return the ids of the processes that search a root."""
    return processes("search", root)
