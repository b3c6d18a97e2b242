"""An index follows its tree in one process: by events, or else by scans, for a stated reason."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from codelode import Index, Watcher
from codelode.discover.options import WalkOptions
from codelode.discover.read import read as read_file
from codelode.discover.scope import Scope
from codelode.discover.walk import walk
from codelode.system.mounts import remote_mount
from codelode.types import SourceFile
from codelode.watch import leader
from codelode.watch.tree import CannotWatch, TreeWatch
from tests.commandline import SAMPLE, CommandLine, until, watch_mode, watching, write_tree

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.hooksPath=/dev/null")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", SAMPLE)


@pytest.fixture
def index(root: Path, tmp_path: Path) -> Index:
    index = Index.open(root, index_dir=tmp_path / "index")
    index.update(jobs=1)
    return index


@contextmanager
def watched(index: Index, limit: int | None = None) -> Iterator[Watcher]:
    """Watch from this process; the block begins when the watcher has started."""
    with index.watch(limit) as watcher:
        until(lambda: mode(watcher) not in ("", "starting"))
        yield watcher


def mode(watcher: Watcher) -> str:
    return "" if watcher.state is None else watcher.state.mode


def has(index: Index, word: str, path: str) -> bool:
    """Return whether the last commit has a word in a file, without a look at the tree."""
    hits = index.search(word, limit=50, mode="lexical", fresh="never")
    return any(hit.path == path and word in hit.text for hit in hits)


def git(root: Path, *arguments: str) -> None:
    subprocess.run([*GIT, "-C", str(root), *arguments], check=True, capture_output=True)


def commits(root: Path, *trees: dict[str, str | bytes]) -> None:
    """Make a repository with the branches b0, b1 …, one for each tree."""
    git(root, "init", "-q")
    for number, tree in enumerate(trees):
        git(root, "checkout", "-q", "--orphan", f"b{number}")
        write_tree(root, tree)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", str(number))


def test_edits_are_committed_without_a_search(index: Index, root: Path) -> None:
    with watched(index):
        (root / "src/new.py").write_text("alpha_word = 1\n")
        until(lambda: has(index, "alpha_word", "src/new.py"))
        (root / "src/new.py").write_text("beta_word = 1\n")
        until(lambda: has(index, "beta_word", "src/new.py"))
        (root / "src/new.py").rename(root / "lib/moved.py")
        until(lambda: has(index, "beta_word", "lib/moved.py"))
        assert not has(index, "beta_word", "src/new.py")
        (root / "lib/moved.py").unlink()
        until(lambda: not has(index, "beta_word", "lib/moved.py"))


def test_only_changed_paths_are_read(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watched(index) as watcher:
        until(lambda: watcher.changes() == set())
        scopes, read = [], []

        def walking(root: Path, options: WalkOptions, scope: Scope | None) -> object:
            scopes.append(scope)
            return walk(root, options, scope)

        def reading(root: Path, file: SourceFile, limit: int) -> object:
            read.append(file.path)
            return read_file(root, file, limit)

        monkeypatch.setattr("codelode.pipeline.update.walk", walking)
        monkeypatch.setattr("codelode.pipeline.batch.read", reading)
        (root / "src/new.py").write_text("alpha_word = 1\n")
        (root / "lib/queue.go").unlink()
        until(lambda: has(index, "alpha_word", "src/new.py"))
        until(lambda: not has(index, "Push", "lib/queue.go"))
    named = {path for scope in scopes for path in (scope.paths if scope else ["everything"])}
    assert named == {"src/new.py", "lib/queue.go"}
    assert set(read) == {"src/new.py"}


def test_a_watcher_can_be_kept_from_working(index: Index, root: Path) -> None:
    told, go_on = threading.Event(), threading.Event()

    def block(_generation: int, _report: object) -> None:
        told.set()
        assert go_on.wait(60)

    with index.watch(None, block) as watcher:
        assert told.wait(60)
        with watcher.at_rest(0.05) as rests:
            assert not rests
        go_on.set()
        until(lambda: mode(watcher) not in ("", "starting"))
        with watcher.at_rest(60) as rests:
            assert rests
            (root / "src/new.py").write_text("alpha_word = 1\n")
            time.sleep(1.0)
            assert not has(index, "alpha_word", "src/new.py")
        until(lambda: has(index, "alpha_word", "src/new.py"))


def test_folders_that_appear_move_and_vanish_are_followed(index: Index, root: Path) -> None:
    with watched(index):
        write_tree(root, {"one/two/three/a.py": "alpha_word = 1\n"})
        until(lambda: has(index, "alpha_word", "one/two/three/a.py"))
        (root / "one/two").rename(root / "two")
        until(lambda: has(index, "alpha_word", "two/three/a.py"))
        (root / "two/three/a.py").write_text("beta_word = 1\n")  # the moved folder is still watched
        until(lambda: has(index, "beta_word", "two/three/a.py"))
        shutil.rmtree(root / "two")
        write_tree(root, {"two/three/a.py": "gamma_word = 1\n"})
        until(lambda: has(index, "gamma_word", "two/three/a.py"))
        (root / "two/three/a.py").write_text("delta_word = 1\n")
        until(lambda: has(index, "delta_word", "two/three/a.py"))


def test_rules_take_effect(index: Index, root: Path) -> None:
    with watched(index):
        assert not has(index, "retry", "build/generated.py")
        (root / ".gitignore").write_text("src/\n")
        until(lambda: has(index, "retry", "build/generated.py"))
        until(lambda: not has(index, "parseConfig", "src/config.ts"))
        (root / "build/generated.py").write_text("alpha_word = 1\n")  # the folder is watched now
        until(lambda: has(index, "alpha_word", "build/generated.py"))
        (root / "build/pyvenv.cfg").write_text("")
        until(lambda: not has(index, "alpha_word", "build/generated.py"))


def test_settings_of_git_take_effect(root: Path, tmp_path: Path) -> None:
    commits(root, {"secret/a.py": "alpha_word = 1\n", ".gitignore": "build/\nsecret/\n"})
    index = Index.open(root, index_dir=tmp_path / "index")
    index.update(jobs=1)
    with watched(index):
        assert not has(index, "alpha_word", "secret/a.py")
        git(root, "add", "-f", "secret/a.py")
        until(lambda: has(index, "alpha_word", "secret/a.py"))
        write_tree(root, {".git/info/exclude": "/docs\n"})
        (root / "docs/new.md").write_text("beta_word\n")
        (root / "src/new.py").write_text("beta_word = 1\n")
        until(lambda: has(index, "beta_word", "src/new.py"))
        assert not has(index, "beta_word", "docs/new.md")


def test_exactly_the_folders_that_a_walk_enters_are_watched(root: Path) -> None:
    write_tree(root, {"node_modules/a/b.js": "x\n", "venv/pyvenv.cfg": "", "venv/a.py": "x\n"})
    (root / "empty").mkdir()
    entered: list[str] = []
    list(walk(root, WalkOptions(), None, entered.append))
    tree = TreeWatch(root, WalkOptions())
    try:
        tree.renew([""])
        assert sorted(tree._numbers) == sorted(entered)
        assert set(entered) == {"", "src/", "lib/", "tests/", "docs/", "empty/"}
        (root / "empty").rmdir()
        assert tree.drain().folders == {"empty/"}
        tree.renew(["empty/"])
        tree.drain()
        assert "empty/" not in tree._numbers
    finally:
        tree.close()


def test_a_suspended_machine_is_distinguished_from_an_idle_one(
    index: Index, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a suspension, the whole tree is compared, even if only an unwatched file changed."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with watched(index) as watcher:
        until(lambda: watcher.changes() == set())
        write_tree(tmp_path, {"config/git/ignore": "src/\n"})
        time.sleep(0.3)
        assert watcher.changes() == set()
        assert has(index, "parseConfig", "src/config.ts")
        monkeypatch.setattr(leader, "suspended_seconds", lambda: 3 * 3600.0)
        assert watcher.changes() is None
        until(lambda: not has(index, "parseConfig", "src/config.ts"))
        until(lambda: watcher.changes() == set())


@pytest.mark.parametrize("files", [1500, pytest.param(5000, marks=pytest.mark.long)])
def test_a_checkout_is_one_update(root: Path, tmp_path: Path, files: int) -> None:
    trees: list[dict[str, str | bytes]] = [
        {f"many/d{n % 40}/f{n}.py": f"{word}_{n} = {n}\n" for n in range(files)}
        for word in ("alpha", "beta")
    ]
    commits(root, *trees)
    index = Index.open(root, index_dir=tmp_path / "index")
    index.update()
    generations: list[int] = []
    with index.watch(listener=lambda number, _: generations.append(number)) as watcher:
        until(lambda: generations and mode(watcher) == "events")
        generations.clear()
        git(root, "checkout", "-q", "b0")
        last = files - 1
        until(lambda: has(index, f"alpha_{last}", f"many/d{last % 40}/f{last}.py"))
        until(lambda: watcher.changes() == set())
    assert len(generations) == 1


class TestSearches:
    """A search of a watched index learns from the watcher what has changed, without a walk."""

    def test_it_is_never_behind(self, index: Index, root: Path) -> None:
        with watched(index) as watcher:
            for number in range(30):
                (root / "src/new.py").write_text(f"word_{number}x = 1\n")
                answer = index.answer(f"word_{number}x", mode="lexical")
                # `differing` is not always 0, since the machine may be busy.
                assert answer.freshness.differing is not None
                if answer.freshness.differing == 0:
                    assert answer.hits[0].path == "src/new.py"
                    assert f"word_{number}x" in answer.hits[0].text
            until(lambda: watcher.changes() == set())

    def test_it_does_not_walk(
        self, index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with watched(index) as watcher:
            until(lambda: watcher.changes() == set())
            monkeypatch.setattr("codelode.freshness.refresh.look", None)
            assert index.answer("retry").freshness.differing == 0

    def test_it_walks_while_nothing_is_known(self, index: Index, root: Path) -> None:
        with watched(index, limit=1) as watcher:
            assert watcher.changes() is None
            (root / "src/new.py").write_text("alpha_word = 1\n")
            assert index.search("alpha_word")[0].path == "src/new.py"


class TestFallback:
    def test_a_limit_leads_to_scanning_and_is_shown(self, lode: CommandLine, tree: Path) -> None:
        lode("index", tree).must_succeed()
        process = lode.start("watch", tree, "--max-folders", "2")
        try:
            until(lambda: watch_mode(lode, tree) == "scanning")
            watch = lode("status", tree, "--json").json["watch"]
            assert "more than 2 folders" in watch["reason"]
            assert watch["interval"] >= leader.SCAN_LEAST
            assert watch["pid"] == process.pid
            assert "walks the tree every" in lode("status", tree).text
            (tree / "src/new.py").write_text("alpha_word = 1\n")
            never = ("search", "alpha_word", tree, "--lexical", "--fresh", "never")
            until(lambda: "src/new.py" in lode(*never).text)
            assert process.stderr is not None
            assert any(b"lode: scanning: more than 2 folders" in line for line in process.stderr)
        finally:
            process.kill()
            process.communicate()

    def test_scans_grow_apart(self, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(leader, "SCAN_LEAST", 0.05)
        monkeypatch.setattr(leader, "SCAN_SHARE", 1.0)
        with watched(index, limit=1) as watcher:
            until(lambda: watcher.state is not None and watcher.state.interval > 0.3)
            (index.root / "src/new.py").write_text("alpha_word = 1\n")
            until(lambda: has(index, "alpha_word", "src/new.py"))

    def test_a_queue_that_overflows_loses_nothing(self, lode: CommandLine, tree: Path) -> None:
        lode("index", tree).must_succeed()
        with watching(lode, tree) as process:
            process.send_signal(signal.SIGSTOP)
            room = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
            flags = os.O_WRONLY | os.O_CREAT
            for number in range(room // 2 + 100):  # each turn causes at least two events
                name = tree / f"src/f{number % 2}.py"
                os.close(os.open(name, flags))
                name.unlink()
            (tree / "src/late.py").write_text("alpha_word = 1\n")
            process.send_signal(signal.SIGCONT)
            never = ("search", "alpha_word", tree, "--lexical", "--fresh", "never")
            until(lambda: "src/late.py" in lode(*never).text)
            assert watch_mode(lode, tree) == "events"

    def test_mounts_of_other_machines_are_scanned(
        self, index: Index, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert remote_mount(index.root) is None
        monkeypatch.setattr(leader, "remote_mount", lambda root: "nfs4")
        with watched(index) as watcher:
            assert watcher.state is not None
            assert (watcher.state.mode, "nfs4" in watcher.state.reason) == ("scanning", True)

    def test_without_watches_there_is_a_reason(self, root: Path) -> None:
        tree = TreeWatch(root, WalkOptions(), limit=3)
        with pytest.raises(CannotWatch, match="more than 3 folders"):
            tree.renew([""])
        tree.close()


class TestElection:
    def test_another_watcher_takes_over_from_a_dead_one(
        self, lode: CommandLine, tree: Path
    ) -> None:
        lode("index", tree).must_succeed()
        with watching(lode, tree) as first:
            second = lode.start("watch", tree)
            try:
                time.sleep(1.0)
                assert lode("status", tree, "--json").json["watch"]["pid"] == first.pid
                first.kill()
                first.wait()
                (tree / "src/new.py").write_text("alpha_word = 1\n")  # while nobody watches
                until(lambda: watch_pid(lode, tree) == second.pid)
                never = ("search", "alpha_word", tree, "--lexical", "--fresh", "never")
                until(lambda: "src/new.py" in lode(*never).text)
            finally:
                second.kill()
                _, told = second.communicate()
            assert f"process {first.pid} watches".encode() in told
        assert watch_mode(lode, tree) is None

    def test_two_watchers_of_a_process_take_turns(self, index: Index) -> None:
        with watched(index) as first, index.watch() as second:
            assert first.leads
            time.sleep(0.2)
            assert not second.leads
            first.close()
            until(lambda: second.leads and mode(second) == "events")

    def test_updates_of_others_are_no_obstacle(self, index: Index, root: Path) -> None:
        with watched(index) as watcher:
            for number in range(10):
                (root / "src/new.py").write_text(f"word_{number}x = 1\n")
                index.update(jobs=1)
                assert has(index, f"word_{number}x", "src/new.py")
            until(lambda: watcher.changes() == set())
            assert watcher.state is not None
            assert watcher.state.problem == ""


class TestRoot:
    def test_it_is_deleted_and_made_again(self, index: Index, root: Path) -> None:
        with watched(index) as watcher:
            root.rename(root.with_name("away"))
            until(lambda: mode(watcher) == "waiting")
            assert watcher.changes() is None
            write_tree(root, {"src/other.py": "alpha_word = 1\n"})
            until(lambda: has(index, "alpha_word", "src/other.py"))
            until(lambda: mode(watcher) == "events")

    def test_a_parent_moves(self, tmp_path: Path) -> None:
        root = write_tree(tmp_path / "above/tree", SAMPLE)
        index = Index.open(root, index_dir=tmp_path / "index")
        with watched(index) as watcher:
            (tmp_path / "above").rename(tmp_path / "away")
            until(lambda: mode(watcher) == "waiting")
            (tmp_path / "away").rename(tmp_path / "above")
            until(lambda: mode(watcher) == "events")
            (root / "src/new.py").write_text("alpha_word = 1\n")
            until(lambda: has(index, "alpha_word", "src/new.py"))

    def test_it_is_emptied_and_filled(self, index: Index, root: Path) -> None:
        with watched(index) as watcher:
            for path in sorted(root.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            until(lambda: watcher.state is not None and watcher.state.problem != "")
            state = index.answer("retry").freshness
            assert state.deleted == 5
            write_tree(root, {"src/other.py": "alpha_word = 1\n"})
            until(lambda: has(index, "alpha_word", "src/other.py"))
            until(lambda: watcher.state is not None and watcher.state.problem == "")

    def test_an_index_is_built_and_rebuilt(self, root: Path, tmp_path: Path) -> None:
        index = Index.open(root, index_dir=tmp_path / "index")
        with watched(index):
            until(lambda: index.exists() and has(index, "parseConfig", "src/config.ts"))
            shutil.rmtree(index.directory)
            (root / "src/new.py").write_text("alpha_word = 1\n")
            until(lambda: index.exists() and has(index, "alpha_word", "src/new.py"))


def watch_pid(lode: CommandLine, root: Path) -> int | None:
    watch = lode("status", root, "--json").json["watch"]
    return None if watch is None else int(watch["pid"])


def test_index_can_go_on_watching(lode: CommandLine, tree: Path) -> None:
    process = lode.start("index", tree, "--watch")
    try:
        until(lambda: b"events" in lode("status", tree, "--json").out)
        (tree / "src/new.py").write_text("alpha_word = 1\n")
        never = ("search", "alpha_word", tree, "--lexical", "--fresh", "never")
        until(lambda: "src/new.py" in lode(*never).text)
        process.send_signal(signal.SIGTERM)
        out, told = process.communicate(timeout=30)
        assert process.returncode == 0
    finally:
        process.kill()
    assert b"5 files" in out
    assert b"lode: generation 2" in told


_ENDS_WHILE_INDEXING = """\
import atexit, sys, threading, time

atexit.register(time.sleep, 0.5)  # the last to run: threads go on until then


class Late:
    def find_spec(self, name, path=None, target=None):
        deadline = time.monotonic() + 20
        if name == "codelode.pipeline.pool":
            begun.set()
            while threading.main_thread().is_alive() and time.monotonic() < deadline:
                time.sleep(0.01)


begun = threading.Event()
sys.meta_path.insert(0, Late())
from codelode import Index

watcher = Index.open(sys.argv[1], index_dir=sys.argv[2]).watch()
assert begun.wait(20)
"""


def test_a_program_that_ends_while_its_watcher_indexes_says_nothing(
    root: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ENDS_WHILE_INDEXING, root, tmp_path / "late"],
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    index = Index.open(root, index_dir=tmp_path / "late")
    index.update(jobs=1)  # the ended program has left nothing that prevents it
    assert has(index, "RetryScheduler", "src/retry.py")
