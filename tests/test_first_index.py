"""The first index of a tree: questions before, messages after, and removal of orphaned indexes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.answers import large_tree
from codelode.answers.first_index import FirstIndex
from codelode.answers.indexes import remove_old_orphans
from codelode.answers.tree_summary import LARGE_TREE, LEAST_FILES, VENDORED, summary_of
from codelode.index import Index
from tests.commandline import CommandLine, until, write_tree
from tests.test_cli_indexes import directory_of, roots, use_before


def test_a_home_folder_is_indexed_only_on_request(lode: CommandLine) -> None:
    write_tree(lode.home, {"a.py": "retry = 1\n"})
    for command in (("index",), ("search", "retry"), ("watch",)):
        for root in (lode.home, lode.home.parent):
            refused = lode(*command, root)
            what = "is" if root == lode.home else "holds"
            refused.must_be_refused(f"{root} {what} the home folder", f"lode index --yes {root}")
    assert roots(lode) == []
    lode("index", lode.home, "--yes").must_succeed()
    assert roots(lode) == [str(lode.home)]
    lode("index", lode.home).must_succeed()  # needs no --yes, as the index exists
    write_tree(lode.home, {"src/b.py": "x = 1\n"})
    lode("index", lode.home / "src").must_succeed()


def test_on_a_terminal_it_asks(lode: CommandLine) -> None:
    write_tree(lode.home, {"a.py": "retry = 1\n"})
    asked = lode.on_terminal("index", reply=(rb"\[y/N\] ", b"n\n"))
    assert asked.code == 1
    assert f"{lode.home} is the home folder: index it? [y/N]" in asked.text
    assert roots(lode) == []
    asked = lode.on_terminal("index", reply=(rb"\[y/N\] ", b"y\n"))
    assert "1 file" in asked.must_succeed().text
    assert roots(lode) == [str(lode.home)]


def test_a_very_large_tree_is_indexed_only_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_tree(tmp_path / "tree", {f"{n}.py": "x = 1\n" for n in range(4)})
    write_tree(root, {".hidden/a.py": "x = 1\n", ".hidden/b.py": "x = 1\n"})
    index = Index.open(root, index_dir=tmp_path / "indexes")
    monkeypatch.setattr(large_tree, "MAX_FILES", 4)
    assert large_tree.doubt(index, {}) == ""
    assert large_tree.doubt(index, {"hidden": True}) == "has more than 4 files"
    monkeypatch.setattr(large_tree, "MAX_FILES", 3)
    first = FirstIndex(index)
    first.start()
    until(lambda: not first.running)
    assert f"{root} has more than 3 files" in first.state()
    assert f"lode index --yes {root}" in first.state()
    assert not index.exists()


def test_the_first_index_says_what_is_left_out_and_what_looks_vendored(
    lode: CommandLine, tmp_path: Path
) -> None:
    vendored = {f"third_party/zlib/{n}.c": f"int f{n};\n" for n in range(LEAST_FILES)}
    root = write_tree(
        tmp_path / "tree",
        {**vendored, "a.py": "x = 1\n", ".b.py": "x = 1\n", "logo.png": b"\x89PNG\0", "c.py": ""},
    )
    first = lode("index", root).must_succeed()
    assert first.message.splitlines() == [
        "lode: left out: 1 binary, 1 empty, 1 hidden (--hidden);"
        f" `lode index --dry-run --list-skipped {root}` names each",
        "lode: code of others? third_party/ (10 files); folders named in .lodeignore are left out",
    ]
    assert lode("index", root).must_succeed().message == ""
    lode("clean", root, "--yes").must_succeed()
    assert lode("index", root, "--quiet").must_succeed().message == ""


def test_the_largest_folders_of_a_large_tree_are_named() -> None:
    paths = [f"a/{n}" for n in range(LARGE_TREE - 5)] + ["b/x", "b/y", "c", "d/e/f"]
    assert summary_of(paths).largest == []
    tree = summary_of([*paths, "z"])
    assert tree.files == LARGE_TREE
    assert tree.largest == [("a", LARGE_TREE - 5), ("b", 2), ("d", 1)]


NAMES = st.sampled_from([*sorted(VENDORED)[:3], "src", "Vendor", "x"])


@given(st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), max_size=60))
def test_vendored_folders_are_counted_once_each_file(paths: list[str]) -> None:
    expected: dict[str, int] = {}
    for path in paths:
        parts = path.split("/")[:-1]
        place = next((n for n, part in enumerate(parts) if part.lower() in VENDORED), None)
        if place is not None:
            folder = "/".join(parts[: place + 1])
            expected[folder] = expected.get(folder, 0) + 1
    found = dict(summary_of(paths).vendored)
    assert all(expected[folder] == files >= LEAST_FILES for folder, files in found.items())
    assert max(found.values(), default=0) == max(
        (files for files in expected.values() if files >= LEAST_FILES), default=0
    )


@pytest.fixture
def gone(lode: CommandLine, tmp_path: Path) -> Path:
    """Return a root that no longer exists; its index was last used 31 days ago."""
    root = write_tree(tmp_path / "gone", {"a.py": "x = 1\n"})
    lode("index", root).must_succeed()
    use_before(directory_of(lode, root), 31)
    shutil.rmtree(root)
    return root


def test_old_orphans_are_removed_unasked(lode: CommandLine, tree: Path, gone: Path) -> None:
    done = lode("index", tree).must_succeed()
    assert "removed 1 index (" in done.message
    assert f"of folders that are gone: {gone} (setting clean.orphans-after)" in done.message
    assert roots(lode) == [str(tree)]


@pytest.mark.parametrize("after", ["never", "32d"])
def test_the_removal_of_orphans_can_be_switched_off(
    lode: CommandLine, tree: Path, gone: Path, after: str
) -> None:
    lode("index", tree, LODE_CLEAN_ORPHANS_AFTER=after).must_succeed()
    lode("search", "retry", tree, LODE_CLEAN_ORPHANS_AFTER=after).must_succeed()
    assert set(roots(lode)) == {str(tree), str(gone)}


def test_indexes_whose_root_may_return_are_kept(
    lode: CommandLine, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    on_disk = write_tree(disk / "repo", {"a.py": "x = 1\n"})
    young = write_tree(tmp_path / "young", {"a.py": "x = 1\n"})
    there = write_tree(tmp_path / "there", {"a.py": "x = 1\n"})
    for root, days in ((on_disk, 100), (young, 29), (there, 100)):
        lode("index", root).must_succeed()
        use_before(directory_of(lode, root), days)
    shutil.rmtree(on_disk)  # as if its disk were not mounted: the mount point is an empty folder
    shutil.rmtree(young)
    lode("index", tree).must_succeed()
    assert set(roots(lode)) == {str(each) for each in (on_disk, young, there, tree)}
    # Only the user's cache is cleaned: indexes in another folder may belong to other machines.
    place = tmp_path / "shared"
    lode("index", tree, "--index-dir", place).must_succeed()
    assert str(on_disk) in roots(lode)
    write_tree(disk, {"other": ""})
    for name, value in lode.environment().items():
        monkeypatch.setenv(name, value)
    assert remove_old_orphans(Index.open(tree, index_dir=place)).removed == []
    (removed,) = remove_old_orphans(Index.open(tree)).removed
    assert removed.root == os.fspath(on_disk)
