"""Searches bring the index up to date, or say that they did not: never silently stale."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from codelode import Index
from codelode.errors import LockedError, UsageError
from codelode.freshness import refresh
from codelode.freshness.look import Bounds, Look, look
from codelode.store.lock import write_lock
from codelode.writer import IndexWriter
from tests.commandline import SAMPLE, CommandLine, until, write_tree

FOREVER = Bounds(float("inf"), float("inf"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", SAMPLE)


@pytest.fixture
def index(root: Path, tmp_path: Path) -> Index:
    index = Index.open(root, index_dir=tmp_path / "index")
    index.update(jobs=1)
    return index


def seen(index: Index) -> Look:
    """Compare the whole tree with the newest snapshot."""
    walk = IndexWriter(index._reader).walk_options(index.snapshot().manifest.options)
    return look(index.root, index.snapshot(), walk, None, FOREVER)


def paths(index: Index, query: str, **options: object) -> set[str]:
    return {hit.path for hit in index.search(query, limit=50, **options)}  # type: ignore[arg-type]


def test_each_kind_of_edit_is_found_by_the_next_search(index: Index, root: Path) -> None:
    (root / "src/new.py").write_text("def brand_new_function():\n    return 1\n")
    assert "src/new.py" in paths(index, "brand_new_function")
    (root / "src/new.py").write_text("def another_function_now():\n    return 1\n")
    hit = index.search("another_function_now")[0]
    assert (hit.path, hit.symbol, hit.stale) == ("src/new.py", "another_function_now", False)
    (root / "src/new.py").rename(root / "src/moved.py")
    assert {"src/moved.py", "src/new.py"} & paths(index, "another_function_now") == {"src/moved.py"}
    (root / "src/moved.py").unlink()
    assert "src/moved.py" not in paths(index, "another_function_now")
    (root / ".gitignore").write_text("build/\nsrc/\n")
    assert not {path for path in paths(index, "retry") if path.startswith("src/")}


def test_an_answer_says_what_it_did(index: Index, root: Path) -> None:
    state = index.answer("retry").freshness
    assert (state.differing, state.coverage, state.updated, state.problem) == (0, 1.0, False, "")
    assert 0 <= state.age < 60
    generation = index.status(changes=False).generation
    (root / "src/new.py").write_text("x = 1\n")
    answer = index.answer("retry")
    assert answer.generation == generation + 1
    assert (answer.freshness.differing, answer.freshness.updated) == (0, True)
    assert index.answer("retry", fresh="never").freshness.differing is None


def test_nothing_is_written_if_nothing_differs(index: Index, root: Path) -> None:
    generation = index.status(changes=False).generation
    for path in root.rglob("*.py"):
        os.utime(path)  # a new modification time alone does not make a file differ
    for fresh in ("auto", "always"):
        assert not index.answer("retry", fresh=fresh).freshness.updated
    assert index.status(changes=False).generation == generation


def test_many_new_times_are_recorded_once(index: Index, root: Path) -> None:
    count = refresh.TOUCHED_FILES + 1
    write_tree(root, {f"many/f{n}.py": f"value_{n} = {n}\n" for n in range(count)})
    index.update(jobs=1)
    for n in range(count):
        os.utime(root / f"many/f{n}.py")
    time.sleep(0.02)  # over `RACY_NS`: the files are not racy any more
    assert index.answer("retry", fresh="always").freshness.updated
    assert seen(index).touched == []


def test_files_of_an_update_before_a_search_are_not_read_again(index: Index, root: Path) -> None:
    for number in range(5):
        (root / f"src/new{number}.py").write_text(f"x = {number}\n")
        time.sleep(0.02)  # over `RACY_NS`: the file is not racy any more
        index.answer("retry")
        found = seen(index)
        assert (found.differing, found.touched) == ([], [])


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every update seem too slow to be made before an answer."""
    monkeypatch.setattr(refresh, "_COMMIT_SECONDS", 100.0)


def test_differences_are_counted_where_an_update_takes_too_long(
    index: Index, root: Path, hurried: None
) -> None:
    generation = index.status(changes=False).generation
    (root / "src/new.py").write_text("def schedule():\n    pass\n")
    (root / "src/config.ts").write_text("// changed\n")
    (root / "src/retry.py").unlink()
    answer = index.answer("RetryScheduler")
    state = answer.freshness
    assert (state.changed, state.added, state.deleted) == (1, 1, 1)
    assert (state.updated, state.coverage) == (False, 0.6667)  # 4 of 6, the binary file included
    assert "updating would take over" in state.problem
    assert answer.generation == generation
    (gone,) = [hit for hit in answer.hits if hit.path == "src/retry.py"]
    assert (gone.stale, gone.deleted) == (True, True)
    assert "class RetryScheduler" in gone.text
    state = index.answer("RetryScheduler", fresh="always").freshness
    assert (state.differing, state.updated) == (0, True)
    assert "src/retry.py" not in paths(index, "RetryScheduler")


def test_a_checkout_is_marked_until_it_is_indexed(root: Path, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        told = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(root), *arguments]
        subprocess.run(told, check=True, capture_output=True)

    git("init", "-q", "-b", "one")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    git("checkout", "-q", "-b", "two")
    git("rm", "-q", "src/retry.py")
    write_tree(root, {"src/config.ts": "// nothing\n", "src/new.py": "def added():\n    pass\n"})
    git("add", "-A")
    git("commit", "-q", "-m", "two")
    git("checkout", "-q", "one")
    index = Index.open(root, index_dir=tmp_path / "index")
    index.update(jobs=1)
    git("checkout", "-q", "two")

    def marks() -> dict[str, tuple[bool, bool]]:
        hits = index.search("schedule parseConfig Push", limit=50, fresh="never")
        return {hit.path: (hit.stale, hit.deleted) for hit in hits}

    kept = dict.fromkeys(("tests/test_retry.py", "lib/queue.go"), (False, False))
    found = marks()
    assert found["src/retry.py"] == (True, True)
    assert found["src/config.ts"] == (True, False)
    assert kept.items() <= found.items()
    generation = index.snapshot().manifest.generation
    state = index.answer("added").freshness
    assert (state.differing, state.updated) == (0, True)
    assert index.snapshot().manifest.generation == generation + 1
    assert not any(stale for stale, _ in marks().values())
    assert "src/retry.py" not in marks()


def test_a_walk_that_takes_too_long_is_reported(index: Index) -> None:
    refresher = refresh.Refresher(index._reader, seconds=0.0)
    state = refresher.refresh("auto")
    assert state.differing is None
    assert state.coverage is None
    assert "took over" in state.problem
    assert refresher.refresh("always").differing == 0


def test_another_process_that_indexes_is_not_waited_for(index: Index, root: Path) -> None:
    (root / "src/new.py").write_text("def schedule():\n    pass\n")
    with ThreadPoolExecutor(1) as pool, write_lock(index.directory):
        began = time.monotonic()
        answer = index.answer("retry")
        assert time.monotonic() - began < 5
        assert answer.hits
        assert answer.freshness.updating
        assert answer.freshness.added == 1
        waiting = pool.submit(index.answer, "schedule", fresh="always")
        time.sleep(0.2)
        assert not waiting.done()
    # The lock is free again, so the search that has to be fresh can go on.
    assert waiting.result(20).freshness.updated


def test_an_update_waits_for_one_before_a_search_only(index: Index, root: Path) -> None:
    ended = threading.Event()

    def searching() -> None:
        while not ended.is_set():
            index.search("retry")

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(searching) for _ in range(2)]
        try:
            for number in range(10):
                (root / "src/new.py").write_text(f"x = {number}\n")
                index.update(jobs=1)
        finally:
            ended.set()
        assert [future.result(20) for future in running] == [None, None]
    with write_lock(index.directory), pytest.raises(LockedError):
        index.update(jobs=1)


def test_an_empty_tree_does_not_empty_the_index(index: Index, root: Path) -> None:
    for path in root.rglob("*"):
        if path.is_file():
            path.unlink()
    answer = index.answer("retry")
    assert answer.freshness.deleted == 5
    assert "nothing to index" in answer.freshness.problem
    assert all(hit.deleted for hit in answer.hits)
    with pytest.raises(UsageError, match="nothing to index"):
        index.answer("retry", fresh="always")


def test_an_interrupted_build_is_completed(root: Path, tmp_path: Path) -> None:
    index = Index.open(root, index_dir=tmp_path / "index")
    index.update(jobs=1)
    from dataclasses import replace

    from codelode.store.commit import publish
    from codelode.store.storage import LocalStorage

    manifest = replace(index.snapshot().manifest, complete=False, generation=9)
    publish(LocalStorage(index.directory), manifest)
    answer = index.answer("retry")
    assert answer.complete
    assert answer.generation == 10


def test_the_recorded_options_stay_in_force(root: Path, tmp_path: Path) -> None:
    (root / ".hidden.py").write_text("def concealed():\n    pass\n")
    index = Index.open(root, index_dir=tmp_path / "index")
    index.update(jobs=1, hidden=True)
    assert ".hidden.py" in paths(index, "concealed")
    (root / "src/new.py").write_text("x = 1\n")
    assert index.answer("retry", fresh="always").freshness.updated
    assert ".hidden.py" in paths(index, "concealed", fresh="never")


def test_threads_share_looks(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    def slow(*given: object) -> Look:
        nonlocal count
        count += 1
        time.sleep(0.1)
        return look(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(refresh, "look", slow)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: index.search("retry"), range(8)))
    assert count <= 3


def test_a_search_of_a_folder_looks_at_that_folder_only(index: Index, root: Path) -> None:
    below = Index.open(root / "src", index_dir=index.directory.parent)
    (root / "lib/other.go").write_text("package other\n")
    (root / "src/new.py").write_text("def brand_new_function():\n    return 1\n")
    answer = below.answer("brand_new_function")
    assert answer.hits[0].path == "new.py"
    assert answer.freshness.updated
    assert not below.exists()
    assert seen(index).added == ["lib/other.go"]


class TestRoots:
    """A folder resolves to an index as git resolves it to a repository."""

    def test_a_new_folder_of_an_indexed_tree_has_no_index_of_its_own(
        self, index: Index, root: Path
    ) -> None:
        write_tree(root, {"fresh/deep/a.py": "def deep_function():\n    pass\n"})
        below = Index.open(root / "fresh/deep", index_dir=index.directory.parent)
        assert below.enclosing_root() == root
        assert [hit.path for hit in below.search("deep_function")] == ["a.py"]
        assert below.update(jobs=1).files == 6
        assert not below.exists()
        assert below.status().root == str(root)

    def test_a_folder_that_the_rules_leave_out_is_a_root(self, index: Index, root: Path) -> None:
        below = Index.open(root / "build", index_dir=index.directory.parent)
        assert below.enclosing_root() is None
        assert below.update(jobs=1).files == 1
        assert below.exists()

    def test_an_enclosing_index_keeps_its_options(self, root: Path, tmp_path: Path) -> None:
        (root / "src/.hidden.py").write_text("def concealed():\n    pass\n")
        index = Index.open(root, index_dir=tmp_path / "index")
        index.update(jobs=1, hidden=True)
        below = Index.open(root / "src", index_dir=tmp_path / "index")
        (root / "src/new.py").write_text("x = 1\n")
        below.update(jobs=1, hidden=False, max_file_size=1 << 20)
        assert index.snapshot().manifest.options["hidden"]
        below.update(["new.py"])
        below.update(jobs=1, no_ignore=True)
        assert index.snapshot().manifest.options["no_ignore"]

    def test_a_nested_worktree_gets_its_own_index_if_asked(
        self, root: Path, tmp_path: Path
    ) -> None:
        write_tree(root, {"vendor/lib/a.py": "def vendored():\n    pass\n"})
        subprocess.run(["git", "init", "-q", str(root / "vendor/lib")], check=True)
        index = Index.open(root, index_dir=tmp_path / "index")
        index.update(jobs=1)
        nested = Index.open(root / "vendor/lib", index_dir=tmp_path / "index")
        assert [hit.path for hit in nested.search("vendored")] == ["a.py"]
        assert nested.status().root == str(root)
        assert nested.update(jobs=1).files == 1
        assert nested.status().root == str(root / "vendor/lib")

    def test_each_worktree_has_an_index_of_its_own(self, root: Path, tmp_path: Path) -> None:
        told = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(root)]
        for arguments in (
            ["init", "-q"],
            ["add", "-A"],
            ["commit", "-q", "-m", "1"],
            ["worktree", "add", "-q", str(root / "trees/one")],
            ["worktree", "add", "-q", str(tmp_path / "two")],
        ):
            subprocess.run([*told, *arguments], check=True, capture_output=True)
        places = [root, root / "trees/one", tmp_path / "two"]
        indexes = [Index.open(place, index_dir=tmp_path / "index") for place in places]
        for number, index in enumerate(indexes):
            (index.root / "src/own.py").write_text(f"def only_in_{number}():\n    pass\n")
            index.update(jobs=1)
            assert index.exists()
        for number, index in enumerate(indexes):
            below = Index.open(index.root / "src", index_dir=tmp_path / "index")
            assert below.search(f"only_in_{number}")[0].path == "own.py"
            assert below.status().root == str(index.root)

    def test_the_command_line_resolves_alike(
        self, lode: CommandLine, tree: Path, tmp_path: Path
    ) -> None:
        lode("index", tree).must_succeed()
        (tree / "src/new.py").write_text("def brand_new_function():\n    return 1\n")
        report = lode("index", tree / "src", "--json").must_succeed().json
        assert (report["files"], report["files_added"]) == (6, 1)
        status = lode("status", "--json", cwd=tree / "src").must_succeed().json
        assert (status["root"], status["exists"]) == (str(tree), True)
        assert len(list(lode.cache.rglob("manifest.json"))) == 1


class TestCommandLine:
    def test_output_is_the_same_unless_something_is_stale(
        self, lode: CommandLine, tree: Path
    ) -> None:
        lode("index", tree).must_succeed()
        found = lode("search", "retry", tree).must_succeed()
        assert found.message == ""
        (tree / "src/retry.py").write_text("def brand_new_function():\n    return 1\n")
        found = lode("search", "brand_new_function", "-k1", cwd=tree).must_succeed()
        assert found.message == ""
        assert found.text.startswith("src/retry.py:1  brand_new_function (function)\n")

    def test_an_update_goes_on_in_the_background_if_the_user_allows_it(
        self, lode: CommandLine, tree: Path
    ) -> None:
        lode("index", tree).must_succeed()
        write_tree(tree, {f"new/f{n}.py": f"x_{n} = {n}\n" * 20_000 for n in range(3)})
        query = ("search", "RetryScheduler", tree)
        found = lode(*query, LODE_FRESH_BUDGET="0.3", LODE_BACKGROUND="1").must_succeed()
        assert found.message == (
            "lode: 3 files added since the last update (updating would take over 0.3 s)\n"
        )
        until(lambda: lode("status", tree, "--json").json["generation"] == 2)
        assert lode(*query, LODE_FRESH_BUDGET="0.3").message == ""

    def test_one_line_says_what_is_stale(self, lode: CommandLine, tree: Path) -> None:
        lode("index", tree).must_succeed()
        (tree / "src/retry.py").unlink()
        (tree / "src/config.ts").write_text("// changed\n")
        write_tree(tree, {f"new/f{n}.py": f"x_{n} = {n}\n" * 20_000 for n in range(3)})
        search = partial(lode, "search", "RetryScheduler", cwd=tree, LODE_FRESH_BUDGET="0.3")
        found = search().must_succeed()
        assert found.message == (
            "lode: 1 file changed, 3 added, 1 deleted or excluded since the last update"
            " (updating would take over 0.3 s): run `lode index`, or add `--fresh always`\n"
        )
        assert header_marks(found.text)["src/retry.py"] == "[deleted since]"
        assert "src/retry.py" not in search("-l").must_succeed().text.splitlines()
        only = search("-l", "-g", "src/retry.py")
        assert (only.code, only.out) == (1, b"")
        snapshot = search("--json").json["snapshot"]
        assert snapshot["changed_files"] == 5
        assert snapshot["freshness"]["deleted"] == 1
        snapshot = search("--fresh", "always", "--json").json["snapshot"]
        assert snapshot["changed_files"] == 0


def header_marks(text: str) -> dict[str, str]:
    """Return the mark at the end of each header, by path."""
    marks = {}
    for line in text.splitlines():
        if line and not line.startswith(" "):
            path = line.partition(":")[0]
            marks[path] = line[line.index("[") :] if line.endswith("]") else ""
    return marks
