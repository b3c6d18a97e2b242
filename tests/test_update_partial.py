"""Partial updates: equal to an update of the whole tree, at a cost proportional to the paths."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codelode import Index
from codelode.discover.options import WalkOptions
from codelode.discover.scope import Scope
from codelode.discover.walk import walk
from codelode.errors import NoIndexError, UsageError
from codelode.pipeline import scope_rows
from codelode.types import Skip

QUERIES = ("parse the settings file", "open_socket", "Widget")
TEXTS = (
    "def parse_settings(file):\n    return file\n",
    "int open_socket(void) { return retry(); }\n",
    "class Widget:\n    def log(self, line):\n        print(line)\n" * 30,
    "\0binary",
    "",
)
RULES = ("*\n", "*\n!keep.py\n", "a\n", "/a/\n", "*.py\n!a.py\n", "!.b\n", "d/\n", "\n")
NAMES = ("a", "d", "keep.py", ".b", "x.cpp", "y.c")
SEEDLINGS = ("a/d/keep.py", "a/keep.py", "a/.b", "d/a", "d/keep.py", ".b", "keep.py", "always.py",
             "lib.h", "a/lib.h", "a/d/lib.h", "a/x.cpp")  # fmt: skip
RULE_FILES = (".gitignore", ".ignore", ".lodeignore")


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


def write(root: Path, path: str, text: str) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def contents(index: Index) -> list[tuple[str, bytes, int, str]]:
    """Return the live files, sorted: path, content hash, reason to have no chunks, language."""
    rows = [
        (
            live.segment.path(row),
            files["content_hash"][row].tobytes(),
            int(files["skip"][row]),
            str(live.segment.language(row)),
        )
        for live in index.snapshot().segments
        for files in [live.segment.files]
        for row in range(len(files))
        if live.files[row]
    ]
    assert len({path for path, *_ in rows}) == len(rows)
    return sorted(rows)


def answers(index: Index) -> list[object]:
    return [
        index.search(query, limit=20, mode=mode, explain=True)
        for query in QUERIES
        for mode in ("hybrid", "semantic", "lexical")
    ]


paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
rule_files = st.tuples(st.sampled_from(["", "a/", "a/d/", "d/"]), st.sampled_from(RULE_FILES)).map(
    "".join
)
rules = st.tuples(st.just("write"), rule_files, st.sampled_from(RULES))
edits = st.one_of(
    st.tuples(st.just("write"), paths, st.sampled_from(TEXTS)),
    rules,
    rules,
    st.tuples(st.just("delete"), paths | rule_files, st.just("")),
    st.tuples(st.just("rename"), paths, paths),
    st.tuples(st.just("link"), paths, paths),
    st.tuples(st.just("touch"), paths, st.just("")),
    st.tuples(st.just("worktree"), st.sampled_from(["", "a/", "d/"]), st.just("")),
)
named = st.sampled_from(["itself", "absolute", "above", "folder"])
histories = st.lists(
    st.lists(st.tuples(edits, named), min_size=1, max_size=6), min_size=1, max_size=4
)
NOISE = ("always.py/none", "none/none", "d/keep.py")
"""Paths that are named although nothing there has changed."""


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_way(root: Path, path: str) -> Iterator[str]:
    """Make the folders above a path, replacing files and links; yield the paths that change."""
    *folders, _ = path.split("/")
    for end in range(1, len(folders) + 1):
        folder = "/".join(folders[:end])
        if (root / folder).is_symlink() or not (root / folder).is_dir():
            remove(root / folder)
            (root / folder).mkdir()
            yield folder


def apply(root: Path, action: str, path: str, more: str) -> Iterator[str]:
    """Edit the tree; yield the paths that change, as a watcher would report them."""
    target = root / path
    if action == "worktree":
        yield from make_way(root, path + ".git")
        (target / ".git").mkdir(exist_ok=True)
        yield path + ".git"
    elif action in ("write", "link"):
        yield from make_way(root, path)
        remove(target)
        target.write_text(more) if action == "write" else target.symlink_to(root / more)
        yield path
    elif target.is_symlink() or not target.exists():
        return
    elif action == "delete":
        remove(target)
        yield path
    elif action == "touch":
        os.utime(target)
        yield path
    elif path.split("/")[0] != more.split("/")[0]:  # no folder can be moved into itself
        yield from make_way(root, more)
        remove(root / more)
        if target.exists():  # the path may have led through the removed link
            target.rename(root / more)
            yield path
        yield more


def called(root: Path, path: str, how: str) -> str | Path:
    """Return a path in one of the forms that an update accepts."""
    if how == "absolute":
        return root / path
    if how == "folder":
        return path + "/"
    return Path(path).parent if how == "above" else path


@settings(max_examples=120, deadline=None)
@example([[(("write", "a/x.py", TEXTS[0]), "itself")], [(("write", "a", TEXTS[1]), "itself")]])
@example([[(("write", "a", TEXTS[0]), "itself")], [(("write", "a/d", TEXTS[1]), "itself")]])
@example([[(("write", "a", TEXTS[0]), "itself"), (("write", ".gitignore", RULES[1]), "itself")],
          [(("write", "keep.py", TEXTS[1]), "itself")]])  # fmt: skip
@example([[(("write", "x.cpp", TEXTS[1]), "itself")], [(("delete", "x.cpp", ""), "itself")]])
@example([[(("delete", "a/x.cpp", ""), "itself")], [(("write", "a/d/y.c", ""), "itself")]])
@example([[(("write", ".gitignore", "a\n"), "itself")], [(("worktree", "d/", ""), "itself")]])
@given(histories)
def test_updating_changed_paths_equals_updating_the_tree(
    history: list[list[tuple[tuple[str, str, str], str]]],
) -> None:
    scratch = Path(tempfile.mkdtemp())
    try:
        root = scratch / "tree"
        root.mkdir()
        for path in SEEDLINGS:
            write(root, path, f"def {Path(path).stem.strip('.')}():\n    pass\n")
        partly = Index.open(root, scratch / "partly")
        partly.update(jobs=1)
        changed: list[str | Path] = []
        for step, edits in enumerate(history):
            for (action, path, more), how in edits:
                changed += [called(root, each, how) for each in apply(root, action, path, more)]
            wholly = Index.open(root, scratch / f"wholly-{step}")
            try:
                wholly.update(jobs=1)
            except UsageError:
                with pytest.raises(UsageError, match="nothing to index"):
                    partly.update(changed, jobs=1)
                continue
            report = partly.update([*changed, *NOISE[: step + 1]], jobs=1)
            changed = []
            assert contents(partly) == contents(wholly)
            assert answers(partly) == answers(wholly)
            old, new = partly.snapshot().manifest, wholly.snapshot().manifest
            assert (old.files, old.chunks) == (new.files, new.chunks)
            assert (report.files, report.chunks) == (new.files, new.chunks)
            assert old.complete
            assert not partly.verify()
    finally:
        shutil.rmtree(scratch)


def test_a_walk_of_a_scope_is_a_part_of_the_walk(tree: Path) -> None:
    for path in ("a/b/c.py", "a/b/d/e.py", "a/f.py", "g/a/b.py", "a-/b.py", "h.py", "out/i.py"):
        write(tree, path, "x = 1\n")
    write(tree, ".gitignore", "/out/\n*.pyc\n")
    write(tree, "a/b/.ignore", "!*.pyc\n")
    write(tree, "a/b/c.pyc", "x")
    (tree / "link").symlink_to(tree / "a")
    (tree / ".git").mkdir()
    everything = list(walk(tree))
    for paths in (["a"], ["a/b"], ["a/b/c.pyc"], ["a/f.py", "g"], ["a/none", "none"], ["h.py/x"]):
        scope = Scope.of(tree, paths)
        assert list(walk(tree, scope=scope)) == [
            item
            for item in everything
            if any(Path(item.path).is_relative_to(path) for path in paths)
        ]
    for path in ("out/i.py", "out/none/x", "link/f.py"):
        found = [f"{item.path} {item.reason}" for item in walk(tree, scope=Scope.of(tree, [path]))
                 if isinstance(item, Skip)]  # fmt: skip
        assert found == (["out/ ignored"] if path.startswith("out") else [])


def test_a_scope_names_each_path_once(tree: Path) -> None:
    def scope(*paths: str | Path, no_ignore: bool = False) -> tuple[str, ...] | None:
        found = Scope.of(tree, paths, no_ignore=no_ignore)
        return None if found is None else found.paths

    assert scope("a/b", tree / "a/c/", "./a/b/d", "e/../f") == ("a/b", "a/c", "f")
    assert scope("a/b/c", "a/b", "a/d") == ("a/b", "a/d")
    assert scope() == ()
    for root in (".", "", tree, f"{tree}/", "a/.."):
        assert scope("a/b", root) is None
    assert scope("a/.gitignore", "a/b/x.py", "c/.lodeignore") == ("a", "c")
    assert scope(".ignore") is None
    assert scope("a/.gitignore", no_ignore=True) == ("a/.gitignore",)
    assert scope("a/.git", "b/.git/info/exclude") == ("a", "b")
    assert scope("a/.git/index", "b/x") == ("a", "b/x")
    (tree / ".gitignore").write_text("*\n!keep.py\n")
    assert scope("a/b") is None
    assert scope("a/b", no_ignore=True) == ("a/b",)
    (tree / ".git").mkdir()
    assert scope("a/b") == ("a/b",)


def test_a_root_and_paths_through_links(tree: Path, tmp_path: Path) -> None:
    write(tree, "a/b.py", "x = 1\n")
    (tmp_path / "way").symlink_to(tmp_path)
    (tree / "c").symlink_to(tree / "a")
    for path in (tmp_path / "way/tree/a/b.py", tmp_path / "tree/a/b.py"):
        found = Scope.of(tree, [path])
        assert found is not None
        assert found.paths == ("a/b.py",)
    link = Scope.of(tree, ["c"])
    assert link is not None
    assert link.paths == ("c",)  # the link itself, not the folder that it leads to


@pytest.mark.parametrize("path", ["../x", "../tree2/x", "/etc/passwd", "a/../../x", "nul\0", "\0"])
def test_a_path_outside_the_root_is_refused(tree: Path, tmp_path: Path, path: str) -> None:
    write(tree, "a.py", "x = 1\n")
    index = Index.open(tree, tmp_path / "index")
    index.update(jobs=1)
    with pytest.raises(UsageError, match=r"not inside|NUL"):
        index.update([path])
    assert index.snapshot().manifest.generation == 1


def test_a_partial_update_needs_an_index_and_its_options(tree: Path, tmp_path: Path) -> None:
    write(tree, "a.py", "x = 1\n")
    write(tree, ".b.py", "x = 2\n")
    index = Index.open(tree, tmp_path / "index")
    with pytest.raises(NoIndexError):
        index.update(["a.py"])
    assert not index.directory.exists()
    index.update(jobs=1, hidden=True)
    write(tree, ".c.py", "x = 3\n")
    assert index.update([".c.py"]).files == 3  # with hidden files, as in the first update
    assert index.update([".c.py"], hidden=True).files == 3
    for options in ({"hidden": False}, {"max_file_size": 7}, {"no_ignore": True}):
        with pytest.raises(UsageError, match=next(iter(options))):
            index.update(["a.py"], **options)
    with pytest.raises(UsageError, match="rebuild"):
        index.update(["a.py"], rebuild=True)


def test_other_paths_stay_as_they_are(tree: Path, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write(tree, f"{name}.py", f"def {name}():\n    pass\n")
    write(tree, "empty.py", "")
    index = Index.open(tree, tmp_path / "index")
    index.update(jobs=1)
    (tree / "a.py").unlink()
    write(tree, "b.py", "def changed():\n    pass\n")
    write(tree, "new.py", "def new():\n    pass\n")
    before = contents(index)
    report = index.update([])
    assert (report.generation, report.files_removed, report.bytes_read) == (1, 0, 0)
    manifest = index.snapshot().manifest
    report = index.update(["c.py", "none.py"])
    assert (report.generation, contents(index)) == (1, before)
    report = index.update(["b.py"])
    assert (report.files_changed, report.files_removed, report.files) == (1, 0, 3)
    assert [path for path, *_ in contents(index)] == ["a.py", "b.py", "c.py"]
    # `started_ns` stays: files elsewhere that were modified since then may still be missing.
    assert index.snapshot().manifest.started_ns == manifest.started_ns
    assert index.snapshot().manifest.skipped == manifest.skipped == {"empty": 1}
    report = index.update()  # finds the changes that were not named before
    assert (report.files_added, report.files_removed, report.files) == (1, 1, 3)


class StopAtTheSecond:
    """Interrupts an update when its second batch is done: the first is published by then."""

    def __init__(self) -> None:
        self.batches = 0

    def found(self, files: int, size: int) -> None: ...

    def indexed(self, files: int, size: int) -> None:
        self.batches += 1
        if self.batches == 2:
            raise KeyboardInterrupt


def test_an_index_is_as_complete_as_before(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codelode.pipeline.seal.SEGMENT_CHUNKS", 10)

    def edit(number: int) -> None:
        for i in range(300):
            write(tree, f"f{i}.py", f"def function_{i}(x):\n    return {number}\n")

    def interrupted(paths: list[str] | None) -> None:
        with pytest.raises(KeyboardInterrupt):
            index.update(paths, jobs=1, progress=StopAtTheSecond())

    edit(0)
    write(tree, "d/g.py", "x = 1\n")
    index = Index.open(tree, tmp_path / "index")
    index.update(jobs=1)
    everything = [f"f{i}.py" for i in range(300)]
    edit(1)
    interrupted(everything)
    manifest = index.snapshot().manifest
    assert (manifest.complete, manifest.generation > 1, manifest.files) == (True, True, 301)
    assert index.update(everything, jobs=1).files == 301
    assert index.snapshot().manifest.complete
    edit(2)
    interrupted(None)
    assert not index.snapshot().manifest.complete
    index.update(everything, jobs=1)
    assert not index.snapshot().manifest.complete
    index.update(jobs=1)
    assert index.snapshot().manifest.complete


@given(st.lists(paths, max_size=8), st.lists(paths, min_size=1, max_size=8), st.integers(0, 9))
def test_rows_are_found_by_either_way(files: list[str], named: list[str], few: int) -> None:
    from tests.segments import build

    segment = build([(path, b"x = 1\n") for path in files])
    scope = Scope.of(Path("/nowhere"), named)
    assert scope is not None
    rows = [
        row
        for row, path in enumerate(files)
        if any(Path(path).is_relative_to(name) for name in named)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scope_rows, "FEW_PATHS", few)
        everything = scope_rows.rows_within(segment, np.arange(len(files)), scope)
        odd = scope_rows.rows_within(segment, np.arange(1, len(files), 2), scope)
    assert everything.tolist() == rows
    assert odd.tolist() == [row for row in rows if row % 2]


def test_only_folders_on_the_way_are_listed(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(40):
        write(tree, f"d{i}/e{i}/f.py", f"x = {i}\n")
    index = Index.open(tree, tmp_path / "index")
    index.update(jobs=1)
    write(tree, "d7/e7/f.py", "x = 'changed'\n")
    listed: list[object] = []
    scandir = os.scandir

    def listing(path: int) -> Iterator[os.DirEntry[str]]:
        listed.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", listing)
    for number, paths in ((3, ["d7/e7/f.py"]), (5, ["d7/e7/f.py", "d8"])):
        scope = Scope.of(tree, paths)
        listed.clear()
        list(walk(tree, WalkOptions(), scope))
        assert len(listed) == number
