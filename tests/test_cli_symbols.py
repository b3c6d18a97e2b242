"""Tests of `lode symbols` and `lode outline`, as people and scripts use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commandline import SAMPLE, CommandLine, imported_by, indexed_sample, write_tree

NEEDLESS = ("pygments", "tree_sitter", "subprocess", "codelode.embed", "codelode.pipeline")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path]:
    """Return a command line and a small indexed tree. No test changes them."""
    return indexed_sample(tmp_path_factory.mktemp("symbols"))


def test_a_definition_is_a_line(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    found = lode("symbols", "schedule", cwd=root).must_succeed()
    assert found.text == "src/retry.py:9  method  RetryScheduler.schedule\n"
    assert found.message == ""
    assert lode("symbols", "RetryScheduler::schedule", cwd=root).out == found.out


def test_paths_are_those_from_the_current_folder(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    for folder, arguments in (
        (root, ["."]),
        (root.parent, ["tree"]),
        (root.parent, ["tree/"]),
        (root / "docs", [".."]),
        (root / "src", []),
        (root.parent, [str(root)]),
        (root, ["src"]),
    ):
        found = lode("symbols", "schedule", *arguments, cwd=folder).must_succeed().text
        assert (folder / found.partition(":")[0]).samefile(root / "src" / "retry.py")
    assert lode("symbols", "schedule", "..", cwd=root / "docs").text.startswith("../src/retry.py:9")


def test_several_roots_are_listed_as_one(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    listed = lode("symbols", "*", "src", "lib/queue.go", cwd=root).must_succeed().text
    paths = list(dict.fromkeys(line.split(":")[0] for line in listed.splitlines()))
    assert paths[0] == "lib/queue.go"
    assert len(paths) > 1
    assert all(path.startswith("src/") for path in paths[1:])
    found = lode("symbols", "schedule", root / "docs", root / "src", "--json", cwd=root).json
    assert found["root"] == str(root)
    assert [each["path"] for each in found["symbols"]] == ["src/retry.py"]
    assert lode("symbols", "schedule", "docs", cwd=root).code == 1
    both = lode("symbols", "-f", "src/retry.py", "schedule", "src", cwd=root)
    both.must_be_refused("either -f FILE or ROOT")


def test_definitions_are_up_to_date_or_the_answer_says_so(tmp_path: Path) -> None:
    lode = CommandLine(tmp_path)
    root = write_tree(tmp_path / "tree", SAMPLE)
    lode("index", root).must_succeed()
    (root / "src" / "new.py").write_text("def added_just_now(): ...\n")
    assert lode("symbols", "added_just_now", root, "--fresh", "never").code == 1
    found = lode("symbols", "added_just_now", root).must_succeed()
    assert found.text == f"{root}/src/new.py:1  function  added_just_now\n"
    state = lode("symbols", "added_just_now", root, "--json").json["freshness"]
    assert (state["changed"], state["added"], state["deleted"]) == (0, 0, 0)
    (root / "src" / "new.py").write_text("def added_again(): ...\n")
    stale = lode("symbols", "added_just_now", root, "--fresh", "never").must_succeed()
    assert "[changed on disk since]" in stale.text
    assert "1 file with hits changed since the last update" in stale.message
    assert lode("symbols", "added_again", root, "--fresh", "always").must_succeed().message == ""


def test_a_file_is_listed_from_any_folder(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    for folder, file in (
        (root, "src/retry.py"),
        (root / "src", "retry.py"),
        (root / "docs", "../src/retry.py"),
        (root.parent, str(root / "src" / "retry.py")),
    ):
        listed = lode("symbols", "-f", file, cwd=folder).must_succeed().text
        assert listed.splitlines() == [
            f"{file}:6  class  RetryScheduler",
            f"{file}:9  method  RetryScheduler.schedule",
        ]
        outline = lode("outline", file, cwd=folder).must_succeed().text
        assert outline == "6  class RetryScheduler\n9    method schedule\n"
    only = lode("symbols", "-f", "src/retry.py", "sched*", cwd=root).must_succeed().text
    assert only == "src/retry.py:9  method  RetryScheduler.schedule\n"
    only = lode("symbols", "-f", "src/retry.py", "--kind", "class", cwd=root).must_succeed().text
    assert only == "src/retry.py:6  class  RetryScheduler\n"


def test_nothing_found_is_exit_code_one(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    nothing = lode("symbols", "xyzzyplugh", root)
    assert (nothing.code, nothing.out) == (1, b"")
    assert "nothing is called 'xyzzyplugh'" in nothing.message
    nothing = lode("symbols", "src/retry.py", root, cwd=root)
    assert "`lode outline src/retry.py`" in nothing.message
    nothing = lode("symbols", "xyzzyplugh", root, "--json")
    assert (nothing.code, nothing.json["symbols"]) == (1, [])
    assert lode("symbols", "schedule", root, "-t", "go").code == 1


def test_globs_and_beginnings_of_misspelled_names(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    for glob in ("*chedul?r", "*trySched*", "R*r", "*Scheduler.sched*", "retr*er"):
        assert "src/retry.py" in lode("symbols", glob, root, "--fresh", "never").must_succeed().text
        assert lode("symbols", glob, root).message == ""
    nothing = lode("symbols", "RetryStack", root)
    assert (nothing.code, nothing.out) == (1, b"")
    assert "`lode symbols 'RetryS*'` lists names that begin so" in nothing.message
    assert "`lode search` finds uses" in lode("symbols", "*xyzzy*", root).message


def test_near_names_are_marked_as_near(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    near = lode("symbols", "RetrySched", root).must_succeed()
    assert near.text.endswith("RetryScheduler\n")
    assert near.message == "lode: nothing is called 'RetrySched': these come nearest\n"
    assert lode("symbols", "RetrySched*", root).must_succeed().message == ""
    assert lode("symbols", "RetrySched", root, "--exact").code == 1


def test_a_limit_says_that_there_are_more(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    everything = lode("symbols", "*", root).must_succeed()
    assert everything.message == ""
    first = lode("symbols", "*", root, "-k", "1").must_succeed()
    assert first.out == everything.out.splitlines(keepends=True)[0]
    assert first.message == "lode: there are more than 1: add `-k N` to see N of them\n"
    assert lode("symbols", "*", root, "-k", "1", "--json").json["truncated"] is True
    assert lode("symbols", "*", root, "--json").json["truncated"] is False


def test_filters(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    listed = lode("symbols", "--kind", "class,method", "-g", "src/**", cwd=root).must_succeed()
    assert [line.split("  ")[1] for line in listed.text.splitlines()] == ["class", "method"]
    assert lode("symbols", "-t", "go", cwd=root).must_succeed().text.startswith("lib/queue.go:4")


def test_bad_arguments_are_refused_before_an_index_is_built(tmp_path: Path) -> None:
    lode = CommandLine(tmp_path)
    root = write_tree(tmp_path / "tree", SAMPLE)
    lode("symbols", "x", root, "-t", "klingon").must_be_refused("klingon")
    lode("symbols", "x.", root).must_be_refused("no name in 'x.'")
    lode("symbols", "x", root, "-g", "{").must_be_refused("bad glob")
    lode("symbols", "-f", root / "none" / "a.py").must_be_refused("no such file")
    lode("outline", root / "src").must_be_refused("is a folder")
    lode("symbols", "x", root, "--no-index").must_be_refused("lode index")
    assert not list(lode.cache.rglob("*.seg"))
    lode("symbols", "schedule", root).must_succeed()
    lode("symbols", "x", root, "--kind", "klass").must_be_refused("did you mean class")


def test_a_missing_file_and_an_unindexed_file_are_distinguished(
    lode: CommandLine, tree: Path
) -> None:
    lode("outline", "src/none.py", cwd=tree).must_be_refused("no such file: src/none.py")
    assert not list(lode.cache.rglob("*.seg"))
    lode("index", tree).must_succeed()
    for wrong in ("retry.py", "source/retry.py", "src/retri.py"):
        lode("outline", wrong, cwd=tree).must_be_refused(f"{wrong}; did you mean src/retry.py?")
        lode("related", f"{wrong}:9", cwd=tree).must_be_refused("did you mean src/retry.py?")
    lode("outline", "retry.py", cwd=tree / "lib").must_be_refused("did you mean ../src/retry.py?")
    far = tree / "none" / "retry.py"
    lode("outline", far).must_be_refused(f"no such file: {far}; did you mean {tree}/src/retry.py?")
    assert "did you mean" not in lode("outline", "qqqqqqqq", cwd=tree).message
    write_tree(tree, {"src/new.py": "def later(): ...\n", "data.bin": "\0"})
    assert lode("outline", "src/new.py", cwd=tree).must_succeed().text == "1  function later\n"
    lode("outline", "data.bin", cwd=tree).must_be_refused("not in the index", "--list-skipped")
    (tree / "src" / "new.py").unlink()  # the index still has it
    assert "function later" in lode("outline", "src/new.py", cwd=tree).must_succeed().text


def test_the_index_of_a_file_may_be_given(tmp_path: Path) -> None:
    lode = CommandLine(tmp_path)
    root = write_tree(tmp_path / "tree", SAMPLE)
    lode("index", root, "--index-dir", tmp_path / "indexes").must_succeed()
    (own,) = [path.parent for path in (tmp_path / "indexes").rglob("manifest.json")]
    for folder in (own, own.parent):
        outline = lode("outline", root / "src" / "retry.py", "--index-dir", folder)
        assert "method schedule" in outline.must_succeed().text
    outside = lode("outline", tmp_path / "x.py", "--index-dir", own)
    outside.must_be_refused("is not a file below")


def test_control_characters_are_escaped_on_a_terminal(tmp_path: Path) -> None:
    lode = CommandLine(tmp_path)
    root = write_tree(tmp_path / "tree", {"a\x1b[31m.py": "def red(): ...\n"})
    lode("index", root).must_succeed()
    shown = lode.on_terminal("symbols", "red", root).must_succeed().text
    assert "a\\x1b[31m.py" in shown
    assert "\x1b[31m" not in shown
    assert "a\x1b[31m.py:1" in lode("symbols", "red", root).text


def test_little_is_imported(sample: tuple[CommandLine, Path], tmp_path: Path) -> None:
    lode, root = sample
    named = ["symbols", "schedule", str(root), "--fresh", "never"]
    for command in (named, ["outline", str(root / "src/retry.py")]):
        modules = imported_by(lode, *command, folder=tmp_path)
        assert not {name for name in modules if name.startswith(NEEDLESS)}
