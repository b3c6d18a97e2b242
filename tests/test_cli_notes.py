"""Tests of the notes that commands write to standard error beside lists for other programs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.commandline import CommandLine, Outcome, write_tree

LISTS = (["-l"], ["-l", "-0"], ["--vimgrep"], ["--jsonl"])
MATCHES = 14


@pytest.fixture
def many(tmp_path: Path, lode: CommandLine) -> Path:
    """Return an indexed tree with 14 files that contain `quokka`."""
    files = {f"f{n}.py": f"def quokka_{n}():\n    return {n}\n" for n in range(MATCHES)}
    root = write_tree(tmp_path / "many", {**files, "other.py": "x = 1\n"})
    lode("index", root, "-q").must_succeed()
    return root


def test_every_list_says_how_the_index_compares_with_the_tree(
    lode: CommandLine, many: Path
) -> None:
    (many / "other.py").write_text("koala = 1\n")
    for query in ("quokka", "koala"):
        search = ("search", "-F", query, "--lexical", "-k", "50")
        text = lode(*search, cwd=many, LODE_FRESH_BUDGET="0")
        note = r"lode: .*took over 0 s.*: run `lode index`, or add `--fresh always`\n"
        assert re.fullmatch(note, text.message)
        for flags in LISTS:
            found = lode(*search, *flags, cwd=many, LODE_FRESH_BUDGET="0")
            assert (found.code, bool(found.out)) == (text.code, bool(text.out))
            assert re.fullmatch(note, found.message), flags
            current = lode(*search, *flags, "--fresh", "never", cwd=many)
            assert current.message == ""


def test_a_list_that_lacks_matches_says_which_limit_shows_all(
    lode: CommandLine, many: Path
) -> None:
    for flags in (["-F", "quokka"], ["-e", "quokka_[0-9]"], ['"quokka"']):
        for form in ("-l", "--vimgrep"):
            search = ("search", form, *flags)
            first = lode(*search, cwd=many).must_succeed()
            assert len(first.text.splitlines()) == 10
            assert first.message == (
                "lode: the best 10 of 14 places that match: `-k 14` shows all\n"
            )
            every = lode(*search, "-k", str(MATCHES), cwd=many).must_succeed()
            assert len(every.text.splitlines()) == MATCHES
            assert every.message == ""
            part = lode(*search, "-g", "f1*.py", cwd=many).must_succeed()
            assert (len(part.text.splitlines()), part.message) == (5, "")
    two = lode("search", "-l", "-F", "quokka", "f1.py", "f2.py", "-k", "1", cwd=many)
    assert two.message == "lode: the best 1 of 2 places that match: `-k 2` shows all\n"
    assert lode("search", "-l", "quokka", cwd=many).message == ""


def test_a_folder_that_gets_an_index_of_its_own_is_named(lode: CommandLine, many: Path) -> None:
    for name in ("examples", "samples", "demos", "tries"):
        write_tree(many, {f"{name}/a.py": "def render_view():\n    return 1\n"})
    (many / ".lodeignore").write_text("examples/\nsamples/\ndemos/\ntries/\n")
    lode("index", many, "-q").must_succeed()
    for name, command in (
        ("examples", ("search", "render a view", "examples")),
        ("samples", ("symbols", "render_view", "samples")),
        ("demos", ("outline", "demos/a.py")),
        ("tries", ("index", "tries")),
    ):
        told = f"lode: {many / name} is left out of the index of {many}, so it got an index of its"
        first = lode(*command, cwd=many).must_succeed()
        assert first.message == f"{told} own\n"
        assert lode(*command, cwd=many).must_succeed().message == ""
    write_tree(many, {"sub/.git/config": "", "sub/a.py": "x = 1\n"})
    nested = lode("index", many / "sub").must_succeed()  # a worktree: no rule leaves it out
    assert "index of its own" not in nested.message


def test_hits_in_excluded_files_are_marked_and_counted(lode: CommandLine, tmp_path: Path) -> None:
    doc = {f"doc/p{n}.md": f"# Wombat {n}\n" for n in range(3)}
    inner = {"made/a.py": "def wombat_made():\n    return 1\n"}
    root = write_tree(tmp_path / "tree", {**doc, **inner, "a.py": "def wombat():\n    return 1\n"})
    lode("index", root / "made", "-q").must_succeed()
    lode("index", root, "-q").must_succeed()
    write_tree(root, {".lodeignore": "doc/\nmade/\n"})
    write_tree(root, {f"new/f{n}.py": f"x_{n} = {n}\n" * 50_000 for n in range(5)})
    (root / "a.py").write_text("def wombat():\n    return 2\n")

    def search(*arguments: str) -> Outcome:
        return lode("search", "wombat", *arguments, cwd=root, LODE_FRESH_BUDGET="3").must_succeed()

    found = search("--no-snippet")
    marks = {line.partition(":")[0]: line.rpartition("  ")[2] for line in found.text.splitlines()}
    excluded = {*doc, *inner}
    assert {path for path, mark in marks.items() if mark == "[excluded since]"} == excluded
    assert marks["a.py"] == "[changed on disk since]"
    assert "5 added, 4 deleted or excluded since the last update (updating would" in found.message
    assert search("-l").text == "a.py\n"
    answer = search("--json").json
    assert answer["snapshot"]["freshness"]["deleted"] == 4
    hits = answer["hits"]
    assert {hit["path"] for hit in hits if hit.get("excluded")} == excluded
    assert not any(hit["deleted"] for hit in hits)
    assert "(excluded since)" in search("--agent").text
    both = search(".", "made", "--no-snippet").text.splitlines()
    assert next(line for line in both if line.startswith("made/a.py")).endswith("(function)")
    assert all(line.endswith("[excluded since]") for line in both if line.startswith("doc/"))
    shutil.rmtree(root / "new")
    assert search("--fresh", "always", "-l").text == "a.py\n"
