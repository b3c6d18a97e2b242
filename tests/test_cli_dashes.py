"""Queries that begin with a dash, and advice where words are taken for something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from codelode.cli.commands import load
from codelode.cli.dashes import marked, unmarked
from codelode.cli.options import Command, option
from codelode.cli.parser import parse
from codelode.errors import UsageError
from tests.commandline import CommandLine, write_tree


@pytest.mark.parametrize("query", ["->next", "-=", "->", "-1", "-", "--", "---x", "-- x", "-é"])
def test_text_with_a_dash_is_a_query(query: str) -> None:
    given = ["--", query] if query == "--" else [query]
    for arguments in ([*given, "src"], ["-k", "3", *given, "src"]):
        options = parse(load("search"), arguments)
        assert (options.query, options.roots) == (query, ["src"])


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        (["--", "--json"], "--json"),
        (["--", "-k"], "-k"),
        (["--json", "--", "-k"], "-k"),
        (["-l0", "->x"], "->x"),
        (["-lk3", "->x"], "->x"),
        (["-lk", "3", "->x"], "->x"),
        (["-g", "*.py", "->x"], "->x"),
        (["--glob=*.py", "->x"], "->x"),
    ],
)
def test_options_beside_such_a_query(arguments: list[str], query: str) -> None:
    assert parse(load("search"), arguments).query == query


def test_values_of_options_stay_values() -> None:
    options = parse(load("search"), ["x", "-g", "a b", "-k", "7"])
    assert (options.glob, options.limit) == (["a b"], 7)
    with pytest.raises(UsageError, match="--limit"):
        parse(load("search"), ["x", "-k", "-3"])


def test_a_flag_may_take_any_text() -> None:
    flag = option("-e", "--regex", metavar="X", action="append", help="")
    flag = type(flag)(flag.flags, flag.help, flag.settings, any_text=True)
    others = (o for _, options in load("search").groups for o in options if "-e" not in o.flags)
    groups = (("", (flag, *others)),)
    command = Command("search", "", "", load("search").arguments, groups, (), "")
    for argument in ("->next", "--json", "-k", "--", "-e", "a=b", "=", "-"):
        for name in ("-e", "--regex", "-le"):
            given = marked(command, [name, argument, "q"])
            assert given[1:] == ["q"]
            assert parse(command, [name, argument, "q"]).regex == [argument]


def test_marks_are_removed() -> None:
    assert [unmarked(text) for text in marked(load("search"), ["->x", "--", "-k"])] == ["->x", "-k"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--jsno"], ["unknown option --jsno", "did you mean --json?", "lode search -- --jsno"]),
        (["x", "--index-dri", "d"], ["did you mean --index-dir?"]),
        (["x", "--index-dri=d"], ["unknown option --index-dri:", "did you mean --index-dir?"]),
        (["-x"], ["unknown option -x", "`lode search -- -x`", "lode search --help"]),
        (["-F", "--", "--save"], ["unknown option --save", "`lode search -F --save`"]),
        (["-l", "-t", "py", "--save"], ["`lode search -l -t py -- --save`"]),
        (["--save", "src", "-g", "*.py"], ["`lode search -g '*.py' -- --save src`"]),
        (["a", "--bc", "d e"], ['`lode search "a --bc d e"`']),
        (["x", "--open=2", "--bc"], ['`lode search --open=2 "x --bc"`']),
    ],
)
def test_unknown_options(lode: CommandLine, arguments: list[str], words: list[str]) -> None:
    (lode.home / "src").mkdir()
    lode("search", *arguments).must_be_refused(*words)


def test_words_without_quotes(lode: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "home" / "src").mkdir()
    advice = 'no such folder: are; to look for several words, quote them: lode search "where are'
    lode("search", "where", "are", "retries").must_be_refused(f'{advice} retries"')
    lode("search", "where", "are", "retries", "src").must_be_refused(f'{advice} retries" src')
    lode("search", "is", "src", "used").must_be_refused('lode search "is src used"')
    lode("search", "a$b", "c").must_be_refused("lode search 'a$b c'")
    flags = lode("search", "-t", "py", "where", "are", "--max-per-file=1", "src", "-k", "3")
    flags.must_be_refused('lode search -t py --max-per-file=1 -k 3 "where are" src')
    lode("search", "->next", "of").must_be_refused('lode search -- "->next of"')
    lode("pick", "-T", "go", "where", "is").must_be_refused('lode pick -T go "where is"')
    absent = lode("search", "retry", tmp_path / "absent")
    absent.must_be_refused(f"no such folder: {tmp_path / 'absent'}\n")
    assert list(lode.home.iterdir()) == [lode.home / "src"]


def test_a_mistyped_index_folder(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "a tree", {"a.py": "def retry(): ...\n"})
    place = tmp_path / "place"
    refused = lode("search", "retry", root, "--index-dir", place)
    refused.must_be_refused(f"lode index '{root}' --index-dir {place}")
    assert not place.exists()
    lode("index", root, "--index-dir", place).must_succeed()
    lode("search", "retry", root, "--index-dir", place).must_succeed()


def test_a_query_with_a_dash_finds_text(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"list.c": "int f(struct a *a) { return a->next; }\n"})
    assert b"list.c" in lode("search", "->next", root).must_succeed().out
