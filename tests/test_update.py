"""Updates: only changed files are read, and the result equals a clean rebuild."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode import Index
from codelode.discover.options import WalkOptions
from codelode.discover.walk import walk
from codelode.errors import IndexingError, LockedError, MismatchError, UsageError
from codelode.pipeline.messages import WorkerOptions
from codelode.pipeline.pool import WorkerPool
from codelode.pipeline.stages import StageClock
from codelode.store.lock import write_lock
from codelode.types import SourceFile, Task
from tests.commandline import write_many

QUERIES = ("parse the settings file", "open_socket", "retry after failure", "Widget", "log a line")

MakeIndex = Callable[..., Index]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    return root


@pytest.fixture
def make_index(tree: Path, tmp_path: Path) -> MakeIndex:
    return lambda name="index": Index.open(tree, index_dir=tmp_path / name)


def write(root: Path, path: str, text: str) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def answers(index: Index) -> list[object]:
    """Return the explained hits of every query in every mode."""
    return [
        (query, mode, index.search(query, limit=20, mode=mode, explain=True))
        for query in QUERIES
        for mode in ("hybrid", "semantic", "lexical")
    ]


def segment_names(index: Index) -> list[str]:
    return sorted(path.name for path in index.directory.glob("*.seg"))


def test_the_first_update_reports_its_work(tree: Path, make_index: MakeIndex) -> None:
    write(tree, "a.py", "def parse_settings(path):\n    return open(path)\n")
    write(tree, "b/c.txt", "some notes about sockets\n")
    write(tree, "b/blob.bin", "\0\0\0")
    report = make_index().update()
    assert (report.files, report.files_added, report.files_changed) == (2, 2, 0)
    assert report.skipped == {"binary": 1}
    assert report.chunks == 2
    assert report.generation == 1
    assert report.peak_rss_bytes > 1 << 20


def test_an_update_without_changes_commits_nothing(tree: Path, make_index: MakeIndex) -> None:
    write(tree, "a.py", "x = 1\n")
    write(tree, "b.bin", "\0")
    first = make_index().update()
    again = make_index().update()
    assert again.generation == first.generation
    assert again.skipped == first.skipped


def test_unchanged_files_are_not_read_again(tree: Path, make_index: MakeIndex) -> None:
    for name in ("a", "b", "c"):
        write(tree, f"{name}.py", f"def {name}():\n    pass\n")
    write(tree, "d.bin", "\0")
    make_index().update()
    write(tree, "b.py", "def changed():\n    pass\n")
    report = make_index().update()
    assert (report.files_added, report.files_changed, report.files_removed) == (0, 1, 0)
    assert report.bytes_read == len("def changed():\n    pass\n")
    assert [hit.path for hit in make_index().search("changed", mode="lexical")] == ["b.py"]


def test_a_touched_file_is_read_once_and_keeps_its_chunks(
    tree: Path, make_index: MakeIndex
) -> None:
    write(tree, "a.py", "def parse_settings():\n    pass\n")
    write(tree, "b.py", "def open_socket():\n    pass\n")
    make_index().update()
    before = segment_names(make_index())
    os.utime(tree / "a.py", ns=(10**18, 10**18))
    report = make_index().update()
    assert report.bytes_read == (tree / "a.py").stat().st_size
    assert (report.files_changed, segment_names(make_index())) == (0, before)
    assert make_index().update().bytes_read == 0
    assert not any(hit.stale for hit in make_index().search("parse_settings"))


def test_a_touched_file_without_text_is_not_recorded_again(
    tree: Path, make_index: MakeIndex
) -> None:
    write(tree, "a.py", "def parse_settings():\n    pass\n")
    picture = tree / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    make_index().update()
    before = segment_names(make_index())
    os.utime(picture, ns=(10**18, 10**18))
    assert make_index().update().skipped == {"binary": 1}
    assert segment_names(make_index()) == before
    picture.write_bytes(b"%PDF-1.4 caf\xe9 \0")  # another file, left out for the same reason
    assert make_index().update().skipped == {"binary": 1}
    picture.write_text("def open_socket(): pass\n")
    report = make_index().update()
    assert (report.skipped, report.files) == ({}, 2)


def test_removed_and_renamed_files_leave_the_index(tree: Path, make_index: MakeIndex) -> None:
    write(tree, "a.py", "def parse_settings():\n    pass\n")
    write(tree, "b.py", "def open_socket():\n    pass\n")
    make_index().update()
    (tree / "a.py").rename(tree / "z.py")
    (tree / "b.py").unlink()
    report = make_index().update()
    assert (report.files, report.files_added, report.files_removed) == (1, 1, 2)
    assert {hit.path for query in QUERIES for hit in make_index().search(query)} == {"z.py"}


def test_stale_hits_are_marked(tree: Path, make_index: MakeIndex) -> None:
    write(tree, "a.py", "def parse_settings():\n    pass\n")
    make_index().update()
    write(tree, "a.py", "def something_else():\n    pass\n")
    (hit,) = make_index().search("parse_settings", fresh="never")
    assert hit.stale
    assert not hit.deleted
    assert "parse_settings" in hit.text
    assert make_index().answer("parse_settings", fresh="never").stale_files == 1
    (tree / "a.py").unlink()
    (hit,) = make_index().search("parse_settings", fresh="never")
    assert hit.stale
    assert hit.deleted


def test_the_number_of_jobs_does_not_change_a_byte(tree: Path, make_index: MakeIndex) -> None:
    for i in range(12):
        write(tree, f"d{i % 3}/f{i}.py", f"def function_{i}(x):\n    return x\n" * 4000)
    one, two = make_index("one"), make_index("two")
    one.update(jobs=1)
    two.update(jobs=2)
    assert segment_names(one) == segment_names(two)
    assert len(segment_names(one)) >= 1
    assert answers(one) == answers(two)


def test_many_small_updates_are_compacted(tree: Path, make_index: MakeIndex) -> None:
    for i in range(30):
        write(tree, f"f{i}.py", f"def function_{i}():\n    return {i}\n")
        make_index().update()
    assert len(segment_names(make_index())) < 5
    assert make_index().status(changes=False).files == 30


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "write", "delete", "rename", "touch"]),
        st.sampled_from(["a.py", "b.c", "d/e.md", "d/f.py", "g"]),
        st.sampled_from(
            [
                "def parse_settings(file):\n    return file\n",
                "int open_socket(void) { return retry(); }\n",
                "# Notes\n\nRetry after a failure, log a line.\n",
                "class Widget:\n    def log(self, line):\n        print(line)\n" * 30,
                "\0binary",
            ]
        ),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=5))
def test_any_history_ends_like_a_clean_rebuild(history: list[list[tuple[str, str, str]]]) -> None:
    scratch = Path(tempfile.mkdtemp())
    try:
        root = scratch / "tree"
        root.mkdir()
        write(root, "always.py", "def always():\n    pass\n")
        grown = Index.open(root, scratch / "grown")
        for steps in history:
            for action, path, text in steps:
                _apply(root, action, path, text)
            grown.update(jobs=1)
        clean = Index.open(root, scratch / "clean")
        clean.update(jobs=1)
        assert answers(grown) == answers(clean)
        old, new = grown.status(changes=False), clean.status(changes=False)
        assert (old.files, old.chunks, old.skipped) == (new.files, new.chunks, new.skipped)
        assert not grown.verify()
    finally:
        shutil.rmtree(scratch)


def _apply(root: Path, action: str, path: str, text: str) -> None:
    target = root / path
    if action == "write":
        write(root, path, text)
    elif target.exists():
        if action == "delete":
            target.unlink()
        elif action == "touch":
            os.utime(target)
        else:
            target.rename(root / "renamed")


def test_an_empty_tree_is_an_error(tree: Path, make_index: MakeIndex) -> None:
    with pytest.raises(UsageError, match="nothing to index"):
        make_index().update()


def test_a_second_writer_learns_the_pid_of_the_first(tree: Path, make_index: MakeIndex) -> None:
    write(tree, "a.py", "x = 1\n")
    index = make_index()
    index.update()
    told: list[str] = []
    with write_lock(index.directory), pytest.raises(LockedError, match=f"pid {os.getpid()}"):
        make_index().update(wait=0.1, on_wait=told.append)
    assert told == [str(os.getpid())]
    assert make_index().update().generation == 1


def test_another_tokenizer_is_a_mismatch_until_rebuilt(
    tree: Path, make_index: MakeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tree, "a.py", "def parse_settings():\n    pass\n")
    make_index().update()
    monkeypatch.setattr("codelode.text.tokens.TOKENIZER", "another-1")
    with pytest.raises(MismatchError, match=r"tokenizer.*--rebuild"):
        make_index().update()
    assert make_index().update(rebuild=True).generation == 2


def test_workers_have_a_lower_priority(tree: Path) -> None:
    write(tree, "a.py", "def parse_settings():\n    pass\n")
    tasks = [Task(file) for file in walk(tree, WalkOptions()) if isinstance(file, SourceFile)]
    options = WorkerOptions(str(tree), None, 1 << 20, 1 << 30)
    with WorkerPool(1, options, StageClock()) as pool:
        assert [run.files for run in pool.map([tasks])] == [1]
        (handle,) = pool._handles
        ours = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, handle.pid) > ours


def test_workers_that_cannot_be_started(
    tree: Path, make_index: MakeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_many(tree)
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def second_fails(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        if started:
            raise BlockingIOError(errno.EAGAIN, "no more processes")
        started.append(popen(*arguments, **options))
        return started[0]

    monkeypatch.setattr("codelode.pipeline.handle.may_fork", lambda _most: False)
    monkeypatch.setattr(subprocess, "Popen", second_fails)
    with pytest.raises(IndexingError, match="cannot start an indexing worker: no more processes"):
        make_index().update(jobs=2)
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    monkeypatch.undo()
    assert make_index().update(jobs=2).files == 520


def test_forks_that_cannot_be_made(
    tree: Path, make_index: MakeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_run: object) -> int:
        raise BlockingIOError(errno.EAGAIN, "no more processes")

    write_many(tree)
    monkeypatch.setattr("codelode.pipeline.handle.may_fork", lambda _most: True)
    monkeypatch.setattr("codelode.system.forked.fork_to", fails)
    with pytest.raises(IndexingError, match="cannot start an indexing worker: no more processes"):
        make_index().update(jobs=2)


STARTED = """
import sys, threading
from codelode import Index
from codelode.pipeline import handle
from codelode.system import forked

if sys.argv[3] == "programs":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
if sys.argv[3] != "library":
    forked.allow_forks()
print(handle.may_fork())
Index.open(sys.argv[1], sys.argv[2]).update(jobs=2)
"""


def test_forks_and_new_processes_make_the_same_index(tree: Path, tmp_path: Path) -> None:
    write_many(tree)
    segments = {}
    for kind in ("forks", "programs", "library"):
        done = subprocess.run(
            [sys.executable, "-c", STARTED, str(tree), str(tmp_path / kind), kind],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert (done.stdout, done.stderr) == (f"{kind == 'forks'}\n", "")
        segments[kind] = sorted(path.name for path in (tmp_path / kind).rglob("*.seg"))
    assert segments["forks"] == segments["programs"] != []


STUCK = """
import sys, time
from codelode import Index

class Stuck:
    def found(self, files, size): pass
    def indexed(self, files, size):
        print("working", flush=True)
        time.sleep(60)

Index.open(sys.argv[1], sys.argv[2]).update(jobs=2, progress=Stuck())
"""


def test_a_killed_update_keeps_what_was_committed(tree: Path, make_index: MakeIndex) -> None:
    for i in range(40):
        write(tree, f"f{i}.py", f"def function_{i}(x):\n    return x\n" * 2000)
    write(tree, "a.py", "def parse_settings():\n    pass\n")
    index = make_index()
    (tree / "later").mkdir()
    index.update(jobs=1)
    before = answers(index)
    for i in range(40):
        write(tree, f"later/f{i}.py", f"def later_{i}(x):\n    return x\n" * 2000)
    command = [sys.executable, "-c", STUCK, str(tree), str(index.directory.parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"working\n"
        process.kill()
    assert answers(make_index()) == before
    assert not make_index().verify()
    assert make_index().update(jobs=1).files == 81


def test_a_folder_of_an_indexed_tree_is_searched_through_its_index(
    tree: Path, make_index: MakeIndex, tmp_path: Path
) -> None:
    write(tree, "lib/net/socket.py", "def open_socket():\n    pass\n")
    write(tree, "app/socket.py", "def open_socket():\n    return 1\n")
    write(tree, ".gitignore", "/secret\n")
    write(tree, "secret/socket.py", "def open_socket():\n    return 2\n")
    make_index().update()
    inner = Index.open(tree / "lib", index_dir=tmp_path / "index")
    assert not inner.exists()
    assert [hit.path for hit in inner.search("open_socket")] == ["net/socket.py"]
    assert not inner.search("open_socket", globs=["*.c"])
    assert [hit.path for hit in inner.search("open_socket", globs=["/net/*"])] == ["net/socket.py"]
    (tree / "lib/net/socket.py").write_text("def open_door():\n    pass\n")
    assert inner.search("open_socket", fresh="never")[0].stale
    left_out = Index.open(tree / "secret", index_dir=tmp_path / "index")
    assert inner.enclosing_root() == tree
    assert left_out.enclosing_root() is None  # the outer index left this folder out
    assert inner.update().files == 2
    assert not inner.exists()
    assert not inner.search("open_door", fresh="never")[0].stale


def languages(index: Index) -> dict[str, str | None]:
    """Return the language of every live file."""
    return {
        live.segment.path(row): live.segment.language(row)
        for live in index.snapshot().segments
        for row in range(len(live.segment.files))
        if live.files[row]
    }


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_header_gets_the_language_that_its_new_neighbors_give_it(
    tree: Path, make_index: MakeIndex, jobs: int
) -> None:
    plain, cpp = "int area(int side);\n", "class Widget {\n public:\n  int width;\n};\n"
    write(tree, "a/plain.h", plain)
    write(tree, "a/below/plain.h", plain)
    write(tree, "a/widget.h", cpp)
    for number in range(600 if jobs > 1 else 1):  # too many files to index without workers
        write(tree, f"b/{number}.py", "x = 1\n")
    index = make_index()

    def update() -> tuple[int, int]:
        report = index.update(jobs=jobs)
        rebuilt = make_index(f"rebuilt-{report.generation}")
        rebuilt.update(jobs=1)
        assert languages(index) == languages(rebuilt)
        return report.files_changed, report.bytes_read

    update()
    assert languages(index)["a/plain.h"] == "c"
    write(tree, "a/main.cpp", "int main() {}\n")
    changed, _ = update()
    assert changed == 2  # not widget.h, which is read but is still C++
    assert languages(index)["a/below/plain.h"] == "cpp"
    assert update() == (0, 0)
    (tree / "a/main.cpp").unlink()
    assert update()[0] == 2
    assert languages(index)["a/plain.h"] == "c"
    assert update() == (0, 0)
