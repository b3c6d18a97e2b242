"""Tests of `lode list` and `lode clean`."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codelode.render.units import age, count
from codelode.segment.container import INDEX_FORMAT
from tests.commandline import SAMPLE, CommandLine, write_tree
from tests.test_cli_index import everything

DAY = 86_400


def directory_of(lode: CommandLine, root: Path) -> Path:
    return Path(lode("status", root, "--json").must_succeed().json["directory"])


def use_before(directory: Path, days: float) -> None:
    """Make an index look as if it was last used some days ago."""
    then = time.time() - days * DAY
    for name in ("manifest.json", "lock"):
        os.utime(directory / name, (then, then))


@pytest.fixture
def make(lode: CommandLine, tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that makes a tree with an index."""

    def index(name: str) -> Path:
        root = write_tree(tmp_path / name, {"a.py": SAMPLE["src/retry.py"]})
        lode("index", root).must_succeed()
        return root

    return index


def roots(lode: CommandLine, *options: str | Path) -> list[str]:
    return [index["root"] for index in lode("list", "--json", *options).json["indexes"]]


def test_without_indexes_there_is_nothing_to_list_or_remove(lode: CommandLine) -> None:
    nothing = lode("list")
    assert (nothing.code, nothing.out) == (1, b"")
    assert nothing.message.startswith("lode: no indexes in ")
    assert lode("list", "--json").json == {"indexes": [], "index_bytes": 0}
    assert lode("clean", "--all").code == 0
    for flags in ((), ("--dry-run",)):
        nothing = lode("clean", *flags)
        assert (nothing.code, nothing.message) == (1, "lode: there is no index to remove\n")
        nothing = lode("clean", "--orphans", *flags)
        assert (nothing.code, nothing.message) == (0, "lode: there is no index to remove\n")
        nothing = lode("clean", "--fetched", *flags)
        assert (nothing.code, nothing.message) == (0, "lode: there is nothing to remove\n")
    assert list(lode.home.iterdir()) == []


def test_indexes_are_listed_the_last_used_first(
    lode: CommandLine, make: Callable[[str], Path]
) -> None:
    first, second, third = map(make, ("first", "second", "third"))
    for days, root in ((40, first), (3, second), (400, third)):
        use_before(directory_of(lode, root), days)
    assert roots(lode) == [str(second), str(first), str(third)]
    lines = lode("list").must_succeed().text.splitlines()
    assert lines[0].split() == ["size", "files", "updated", "last", "used", "root"]
    assert lines[1].endswith(f"  3 days ago      3 days ago      {second}")
    assert lines[2].endswith(f"  1 month ago     1 month ago     {first}")
    assert lines[3].endswith(f"  1 year ago      1 year ago      {third}")
    assert lines[4].endswith("in 3 indexes")
    assert lode("list", "--roots").text.splitlines() == [str(second), str(first), str(third)]


def test_sizes_are_those_of_the_files(lode: CommandLine, make: Callable[[str], Path]) -> None:
    directory = directory_of(lode, make("tree"))
    sizes = sum(path.stat().st_size for path in directory.iterdir() if path.name != "lock")
    listed = lode("list", "--json").json
    assert listed["indexes"][0]["index_bytes"] == listed["index_bytes"] == sizes


def test_a_search_counts_as_use_and_changes_nothing_else(
    lode: CommandLine, make: Callable[[str], Path]
) -> None:
    root = make("tree")
    directory = directory_of(lode, root)
    use_before(directory, 40)
    before = everything(directory)
    lode("status", root).must_succeed()
    (index,) = lode("list", "--json").json["indexes"]
    assert index["last_used"] == index["last_commit"]
    assert lode("search", "retry", root / ".").code == 0
    (index,) = lode("list", "--json").json["indexes"]
    assert index["last_used"] > index["last_commit"]
    after = everything(directory)
    assert {name for name in after if after[name] != before[name]} == {str(directory / "lock")}


def test_a_root_that_is_gone_is_marked_and_can_be_cleaned(
    lode: CommandLine, make: Callable[[str], Path]
) -> None:
    kept, gone = make("kept"), make("gone")
    directory = directory_of(lode, gone)
    (gone / "a.py").unlink()
    gone.rmdir()
    assert f"{gone}  (root is gone)\n" in lode("list").text
    assert lode("list", "--roots").text == f"{kept}\n"
    dry = lode("clean", "--orphans", "--dry-run").must_succeed()
    assert str(gone) in dry.text
    assert re.search(rf"^would remove 1 index \(.*\): {re.escape(str(gone))}$", dry.text, re.M)
    assert str(kept) not in dry.text
    assert directory.exists()
    done = lode("clean", "--orphans", "--yes").must_succeed()
    assert done.text.startswith("removed ")
    assert f"{gone}  (root is gone)\n" in done.text
    assert not directory.exists()
    assert roots(lode) == [str(kept)]


def test_the_index_of_a_root_that_is_gone_can_be_named(
    lode: CommandLine, make: Callable[[str], Path]
) -> None:
    gone = make("gone")
    (gone / "a.py").unlink()
    gone.rmdir()
    lode("clean", gone, "--yes").must_succeed()
    assert roots(lode) == []


def test_only_the_index_of_this_folder_is_removed(
    lode: CommandLine, make: Callable[[str], Path]
) -> None:
    this, other = make("this"), make("other")
    sources = everything(this)
    report = lode("clean", "--yes", "--json", cwd=this).must_succeed().json
    assert [index["root"] for index in report["removed"]] == [str(this)]
    assert report["freed_bytes"] == report["removed"][0]["index_bytes"] > 0
    assert report["dry_run"] is False
    assert roots(lode) == [str(other)]
    assert everything(this) == sources
    lode("search", "retry", this, "--no-index").must_be_refused("no index")


def test_conditions_combine(lode: CommandLine, make: Callable[[str], Path]) -> None:
    old, gone, old_gone, new = map(make, ("old", "gone", "old_gone", "new"))
    for root in (old, old_gone):
        use_before(directory_of(lode, root), 50)
    for root in (gone, old_gone):
        (root / "a.py").unlink()
        root.rmdir()

    def would(*conditions: str) -> set[str]:
        report = lode("clean", *conditions, "--dry-run", "--json").json
        return {index["root"] for index in report["removed"]}

    assert would("--older-than", "7w") == {str(old), str(old_gone)}
    assert would("--older-than", "8w") == set()
    assert would("--orphans") == {str(gone), str(old_gone)}
    assert would("--orphans", "--older-than", "30") == {str(old_gone)}
    assert would("--all") == {str(old), str(gone), str(old_gone), str(new)}
    assert lode("clean", "--all", "--yes").must_succeed().text.count("removed ") == 4
    assert roots(lode) == []


@pytest.mark.parametrize(
    ("reply", "code"), [(b"y\n", 0), (b"YES\n", 0), (b"n\n", 1), (b"\n", 1), (b"\x04", 1)]
)
def test_clean_asks_on_a_terminal(
    lode: CommandLine, make: Callable[[str], Path], reply: bytes, code: int
) -> None:
    root = make("tree")
    shown = lode.on_terminal("clean", root, reply=(rb"\[y/N\] ", reply))
    assert "remove 1 index (" in shown.text
    assert f"): {root}? [y/N] " in shown.text
    assert shown.code == code
    assert (roots(lode) == []) == (code == 0)


def test_ctrl_c_is_no_answer(lode: CommandLine, make: Callable[[str], Path]) -> None:
    root = make("tree")
    shown = lode.on_terminal("clean", root, interrupt_at=rb"\[y/N\] ")
    assert shown.code == 130
    assert roots(lode) == [str(root)]


def test_without_a_terminal_clean_needs_yes(lode: CommandLine, make: Callable[[str], Path]) -> None:
    root = make("tree")
    lode("clean", root).must_be_refused("add --yes to remove 1 index", str(root))
    assert roots(lode) == [str(root)]


def test_clean_refuses_a_root_and_conditions(lode: CommandLine, tree: Path) -> None:
    lode("clean", tree, "--all", "--yes").must_be_refused("either ROOT or")
    lode("clean", "--older-than", "soon").must_be_refused("--older-than", "soon", "90d")


def test_files_that_are_not_of_the_index_stay(
    lode: CommandLine, make: Callable[[str], Path]
) -> None:
    directory = directory_of(lode, make("tree"))
    (directory / "notes.txt").write_text("mine\n")
    other = lode.cache / "codelode" / "not-an-index"
    other.mkdir()
    (other / "manifest.json").write_text("mine\n")
    lode("clean", "--all", "--yes").must_succeed()
    assert {path.name for path in directory.iterdir()} == {"notes.txt"}
    assert (other / "manifest.json").read_text() == "mine\n"


def test_an_index_being_written_stays(lode: CommandLine, make: Callable[[str], Path]) -> None:
    busy, free = make("busy"), make("free")
    with open(directory_of(lode, busy) / "lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = lode("clean", "--all", "--yes")
        assert done.code == 2
        assert str(free) in done.text
        assert done.message == f"lode: not removed, another process is indexing: {busy}\n"
        report = lode("clean", busy, "--yes", "--json")
        assert report.code == 2
        assert [index["root"] for index in report.json["busy"]] == [str(busy)]
    assert roots(lode) == [str(busy)]


def test_unusable_indexes_are_listed_with_the_problem(
    lode: CommandLine, make: Callable[[str], Path]
) -> None:
    old, damaged, begun = map(make, ("old", "damaged", "begun"))
    manifests = [directory_of(lode, root) / "manifest.json" for root in (old, damaged, begun)]
    content = manifests[0].read_bytes()
    manifests[0].write_bytes(content.replace(b" %d " % INDEX_FORMAT, b" 1 ", 1))
    manifests[1].write_bytes(b"?" + content)
    manifests[2].unlink()
    found = {index["problem"]: index["root"] for index in lode("list", "--json").json["indexes"]}
    assert found == {"made by another version": str(old), "damaged": None, "not built yet": None}
    text = lode("list").must_succeed().text
    assert f"{old}  (made by another version)\n" in text
    assert f"{manifests[1].parent}  (damaged)\n" in text
    assert lode("clean", "--orphans").message == "lode: there is no index to remove\n"
    assert lode("clean", "--all", "--yes").must_succeed().text.count("removed ") == 3
    assert roots(lode) == []


def test_a_folder_of_indexes_and_one_index_can_be_named(
    lode: CommandLine, make: Callable[[str], Path], tmp_path: Path
) -> None:
    make("default")
    place = tmp_path / "place"
    root = write_tree(tmp_path / "tree", SAMPLE)
    lode("index", root, "--index-dir", place).must_succeed()
    (directory,) = place.iterdir()
    assert roots(lode, "--index-dir", place) == [str(root)]
    assert roots(lode, "--index-dir", directory) == [str(root)]
    other = write_tree(tmp_path / "other", SAMPLE)
    refused = lode("clean", other, "--yes", "--index-dir", directory)
    refused.must_be_refused(str(root), str(other))
    lode("clean", "--all", "--yes", "--index-dir", directory).must_succeed()
    assert not directory.exists()
    assert len(roots(lode)) == 1


def test_hostile_roots_are_escaped_on_a_terminal(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "a\x1b[2J\nb", {"a.py": "retry = 1\n"})
    lode("index", root).must_succeed()
    shown = lode.on_terminal("list").must_succeed().text
    assert r"a\x1b[2J\nb" in shown
    assert "\x1b" not in shown
    assert lode("list", "--roots").must_succeed().out == b""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "just now"),
        (59, "just now"),
        (61, "1 min ago"),
        (7200, "2 h ago"),
        (DAY, "1 day ago"),
        (29 * DAY, "29 days ago"),
        (61 * DAY, "2 months ago"),
        (800 * DAY, "2 years ago"),
    ],
)
def test_ages(seconds: float, text: str) -> None:
    assert age(seconds) == text
    assert count(2, "day") == "2 days"


def test_indexes_that_an_enclosing_one_covers_are_named(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "a = 1\n", "sub dir/b.py": "b = 2\n"})
    sub = root / "sub dir"
    lode("index", sub).must_succeed()
    lode("index", root).must_succeed()
    remedy = f"lode clean '{sub}'"
    shown = lode("list").must_succeed()
    assert f"{sub}  (the index of {root} covers it, too)\n" in shown.text
    assert shown.message == f"lode: `{remedy}` removes an index that another one covers\n"
    covered = {each["root"]: each["covered_by"] for each in lode("list", "--json").json["indexes"]}
    assert covered == {str(sub): str(root), str(root): None}
    assert f"-> {remedy}\n" in lode("doctor", root).text

    (root / ".lodeignore").write_text("/sub dir/\n")  # the index of `root` will lack `sub`
    lode("index", root).must_succeed()
    assert lode("list").must_succeed().message == ""
    (root / ".lodeignore").unlink()
    assert "covers it, too" in lode("list").must_succeed().text  # the next update adds `sub`
    (sub / ".git").mkdir()  # makes `sub` a root of its own
    assert "covers it, too" not in lode("list").must_succeed().text
