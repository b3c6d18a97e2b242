"""Queries that begin with a dash, and advice where a query or an option may be meant."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from codelode.cli.commands import load, load_all
from codelode.cli.dashes import marked, unmarked
from codelode.cli.long_dashes import flag_meant
from codelode.cli.options import Command, Option, option, profile_file
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
    for argument in ("->next", "--json", "-k", "-e", "a=b", "=", "-"):
        for name in ("-e", "--regex", "-le"):
            for end in ([], ["--"]):
                parsed = parse(command, [name, *end, argument, "q"])
                assert (parsed.regex, parsed.query) == ([argument], "q")
    for alone in (["-e", "--"], ["--regex", "--"], ["q", "-e--"], ["--regex=--", "q"]):
        assert parse(command, alone).regex == ["--"]
    assert parse(command, ["-e", "--", "--json", "--", "-k"]).roots == ["-k"]


def test_a_number_below_0_is_a_value() -> None:
    assert parse(load("search"), ["x", "--threshold", "-0.5"]).threshold == -0.5
    assert parse(load("search"), ["x", "-l", "--threshold", "-1e-3", "src"]).roots == ["src"]
    for command in load_all():
        for each in command.options():
            if "type" in each.settings and each.settings.get("nargs") != "?":
                _check_minus(command, each)


def _check_minus(command: Command, each: Option) -> None:
    """Check that -5 after a flag of an option is taken for its value, even if it is not valid."""
    try:
        valid = each.settings["type"]("-5") == -5
    except argparse.ArgumentTypeError:
        valid = False
    for flag in each.flags:
        given = ["x", flag, "-5"]
        marks = marked(command, given)
        assert marks == ["x", f"{flag}=-5" if flag.startswith("--") else f"{flag}-5"]
        if not valid and each.settings["type"] is not profile_file:
            with pytest.raises(UsageError, match="'-5'"):
                parse(command, given)


def test_marks_are_removed() -> None:
    assert [unmarked(text) for text in marked(load("search"), ["->x", "--", "-k"])] == ["->x", "-k"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--jsno"], ["unknown option --jsno", "did you mean --json?", "lode search -- --jsno"]),
        (["x", "--index-dri", "d"], ["did you mean --index-dir?"]),
        (["x", "--index-dri=d"], ["unknown option --index-dri:", "did you mean --index-dir?"]),
        (["-x"], ["unknown option -x", "`lode search -- -x`", "lode search --help"]),
        (["-l", "-t", "py", "--save"], ["`lode search -l -t py -- --save`"]),
        (["--save"], ["unknown option --save: to look for the text: `lode search -- --save`"]),
        (["--save", "src", "-g", "*.py"], ["`lode search -g '*.py' -- --save src`"]),
        (["a", "--bc", "d e"], ['`lode search "a --bc d e"`']),
        (["x", "--open=2", "--bc"], ['`lode search --open=2 "x --bc"`']),
    ],
)
def test_unknown_options(lode: CommandLine, arguments: list[str], words: list[str]) -> None:
    (lode.home / "src").mkdir()
    lode("search", *arguments).must_be_refused(*words)


LONG = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


@pytest.mark.parametrize("dash", LONG)
@pytest.mark.parametrize("command", ["search", "pick"])
def test_a_flag_with_a_long_dash_is_refused(command: str, dash: str) -> None:
    known = load(command)
    for given, corrected, flag in (
        ([f"{dash}F", "trust proxy"], '-F "trust proxy"', "-F"),
        ([f"{dash}no-tests", "x"], "--no-tests x", "--no-tests"),
        (["trust proxy", f"{dash}k", "3"], '"trust proxy" -k 3', "-k"),
        (["x", f"{dash}k3"], "x -k3", "-k3"),
        (["x", f"{dash * 2}no{dash}tests"], "x --no-tests", "--no-tests"),
        (["x", f"-{dash}limit=3"], "x --limit=3", "--limit=3"),
    ):
        with pytest.raises(UsageError) as refused:
            marked(known, given)
        message = str(refused.value)
        assert f"a long dash: write {flag}: `lode {command} {corrected}`" in message, message


@pytest.mark.parametrize("dash", LONG)
def test_a_long_dash_is_text_where_no_flag_is_meant(dash: str) -> None:
    for text in (dash, f"{dash}nonsense", f"{dash} F", f"a{dash}F", f"{dash}F x", f"{dash}\u0663"):
        assert parse(load("search"), [text]).query == text
    assert parse(load("search"), ["--", f"{dash}F"]).query == f"{dash}F"
    assert parse(load("search"), ["-F", f"{dash}i", "x"]).fixed_strings == [f"{dash}i"]


def test_every_flag_is_known_with_a_long_dash() -> None:
    options = [flag for option in load("search").options() for flag in option.flags]
    for flag in options:
        assert flag_meant(f"\u2013{flag.lstrip('-')}", options) == flag
        assert flag_meant(flag, options) == ""


def test_words_without_quotes(lode: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "home" / "src").mkdir()
    start = "no such file or folder: are; to look for several words, quote them:"
    advice = f'{start} lode search "where are'
    lode("search", "where", "are", "retries").must_be_refused(f'{advice} retries"')
    lode("search", "where", "are", "retries", "src").must_be_refused(f'{advice} retries" src')
    lode("search", "is", "src", "used").must_be_refused('lode search "is src used"')
    lode("search", "a$b", "c").must_be_refused("lode search 'a$b c'")
    flags = lode("search", "-t", "py", "where", "are", "--max-per-file=1", "src", "-k", "3")
    flags.must_be_refused('lode search -t py --max-per-file=1 -k 3 "where are" src')
    lode("search", "->next", "of").must_be_refused('lode search -- "->next of"')
    lode("pick", "-T", "go", "where", "is").must_be_refused('lode pick -T go "where is"')
    absent = lode("search", "retry", tmp_path / "absent")
    absent.must_be_refused(f"no such file or folder: {tmp_path / 'absent'}\n")
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
