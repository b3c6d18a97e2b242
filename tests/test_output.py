"""docs/output.md lists exactly the fields of all JSON output."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from codelode.cli.commands import load_all
from codelode.cli.views.cluster import report_object
from codelode.cluster.build_messages import Built
from codelode.cluster.tasks import Report
from tests.commandline import CommandLine, watching, write_tree

PAGE = Path(__file__).parent.parent / "docs" / "output.md"
SOURCES = Path(__file__).parent.parent / "src" / "codelode"
QUICK = ("--seconds", "0.5", "--queries", "6")

BUILD = "lode cluster build --json"

ODD = os.fsdecode(b"retry-caf\xe9.py")

EXAMPLES: dict[str, list[list[str]]] = {
    "lode search --json": [["search", "--json", "retry"]],
    "lode search --jsonl": [
        ["search", "--jsonl", "retry", "--explain"],
        ["search", "--jsonl", "retry", "--no-snippet"],
    ],
    "lode related --json": [
        ["related", "--json", "src/retry.py:9"],
        ["related", "--json", f"{ODD}:1"],
    ],
    "lode symbols --json": [["symbols", "--json", "retry*"], ["symbols", "--json"]],
    "lode outline --json": [["outline", "--json", "src/retry.py"], ["outline", "--json", ODD]],
    "lode index --json": [
        ["index", "--json", "--rebuild"],
        ["index", "--json", "--rebuild", "--profile"],
    ],
    "lode index --json --list-skipped": [["index", "--json", "--list-skipped"]],
    "lode index --json --dry-run": [["index", "--json", "--dry-run"]],
    "lode status --json": [["status", "--json"]],
    "lode verify --json": [["verify", "--json"]],
    "lode bench --json": [["bench", "--json", *QUICK]],
    "lode list --json": [["list", "--json"]],
    "lode clean --json": [["clean", "--all", "--json", "--yes"]],
    "lode roster list --json": [["roster", "list", "../roster", "--json"]],
    "lode roster add --json": [["roster", "add", "../roster", "acme/web", "--json"]],
    "lode roster gc --json": [["roster", "gc", "../roster", "--json"]],
    "lode config --json": [["config", "--json"]],
    "lode doctor --json": [["doctor", "--json"]],
    "lode push --json": [["push", "--json", "../store"]],
    "lode pull --json": [["pull", "--json", "../store"]],
    "lode remote list --json": [["remote", "list", "--json", "../store"]],
    "lode remote gc --json": [["remote", "gc", "--json", "../store"]],
}
"""Commands that together print every field of a section."""


def documented(title: str) -> set[str]:
    """Return the fields in the table of a section."""
    section = PAGE.read_text("utf-8").partition(f"\n### `{title}`\n")[2]
    rows = re.findall(r"^\| (`.*?`) \|", re.split(r"\n##", section)[0], re.MULTILINE)
    return {field for row in rows for field in re.findall(r"`([^`]+)`", row)}


def sections() -> list[str]:
    return re.findall(r"^### `(lode .*)`$", PAGE.read_text("utf-8"), re.MULTILINE)


def leaves(value: Any, place: str = "") -> Iterator[str]:
    """Yield the path of every leaf of a JSON value; null and empty containers are leaves."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from leaves(item, f"{place}.{name}" if place else name)
    elif isinstance(value, list) and value:
        for item in value:
            yield from leaves(item, f"{place}[]")
    else:
        yield place


def matches(field: str, leaf: str) -> bool:
    """Return whether a documented field covers a leaf; `a[]` and `a.*` cover everything below."""
    pattern = re.escape(field).replace(r"\*", r"[^.\[]+")
    if field.endswith(("[]", ".*")):
        pattern += r"(?:[.\[].*)?"
    return re.fullmatch(pattern, leaf) is not None


def printed(title: str, lode: CommandLine, tree: Path) -> set[str]:
    """Run the commands of a section and return the leaves of all that they print."""
    found: set[str] = set()
    for arguments in EXAMPLES[title]:
        lines = lode(*arguments, cwd=tree).text.splitlines()
        if "--list-skipped" in arguments:
            lines = lines[:-1]
        assert lines
        for line in lines:
            found.update(leaves(json.loads(line)))
    return found


@pytest.fixture
def indexed(lode: CommandLine, tree: Path) -> Path:
    """Make an indexed tree in which some names are not UTF-8."""
    (tree / ODD).write_text("def retry(): return 'again'\n")
    (tree / os.fsdecode(b"blank-caf\xe9.py")).write_text("")
    lode("index", tree).must_succeed()
    return tree


@pytest.mark.parametrize("title", EXAMPLES)
def test_documented_fields_are_the_fields_printed(
    title: str, lode: CommandLine, indexed: Path
) -> None:
    if "verify" in title:
        (segment,) = lode.cache.rglob("*.seg")
        content = bytearray(segment.read_bytes())
        content[len(content) // 2] ^= 1
        segment.write_bytes(content)
    if "roster" in title:
        lode("roster", "add", "../roster", "acme/api", cwd=indexed).must_succeed()
    if "config" in title:
        lode = lode.having({"LODE_SERCH_LIMIT": "3"})
    with ExitStack() as stack:
        if "clean" in title:  # one index is busy, another is not
            other = write_tree(lode.home / "other", {"a.py": "retry = 1\n"})
            lode("index", other).must_succeed()
            lock = stack.enter_context(next(lode.cache.rglob("tree-*/lock")).open())
            fcntl.flock(lock, fcntl.LOCK_EX)
        if "pull" in title or "remote" in title:
            lode("push", "../store", cwd=indexed).must_succeed()
        if "status" in title:
            stack.enter_context(watching(lode, indexed))
        fields, found = documented(title), printed(title, lode, indexed)
    compare(fields, found)


def test_documented_fields_of_a_build_are_those_of_its_report() -> None:
    """The report is made by hand, because a real build needs Ray."""
    built = [Built("acme/api"), Built("acme/web", problem="no such folder")]
    report = report_object(Report("../roster", built, 1.0))
    compare(documented(BUILD), set(leaves(report)))


def compare(fields: set[str], found: set[str]) -> None:
    unknown = {leaf for leaf in found if not any(matches(field, leaf) for field in fields)}
    assert not unknown, f"printed, but not in docs/output.md: {unknown}"
    gone = {field for field in fields if not any(matches(field, leaf) for leaf in found)}
    assert not gone, f"in docs/output.md, but not printed: {gone}"


def test_hits_of_an_answer_are_those_of_jsonl(lode: CommandLine, indexed: Path) -> None:
    hits = lode("search", "retry", indexed, "--json", "--explain").json["hits"]
    lines = lode("search", "retry", indexed, "--jsonl", "--explain").text.splitlines()
    assert [json.loads(line) for line in lines] == hits


def test_the_index_in_a_report_of_bench_is_a_status(lode: CommandLine, indexed: Path) -> None:
    index = lode("bench", indexed, "--json", *QUICK).json["index"]
    status = lode("status", indexed, "--json").json
    assert index == {name: value for name, value in status.items() if name in index}
    assert set(status) - set(index) == {"changes", "exists"}


def test_every_command_with_json_has_a_section() -> None:
    with_json = {
        command.name
        for command in load_all()
        for _, options in command.groups
        for option in options
        if "--json" in option.flags
    }
    assert {title.split()[1] for title in sections()} == with_json
    assert [title for title in sections() if title != BUILD] == list(EXAMPLES)


def test_every_variable_of_the_environment_is_documented() -> None:
    read = set()
    for file in SOURCES.rglob("*.py"):
        read |= set(re.findall(r"environ(?:\.get\(|\[)\"(\w+)\"", file.read_text("utf-8")))
    git = {name for name in read if name.startswith("GIT_")} | {"TERM"}
    table = PAGE.read_text("utf-8").partition("\n## Environment\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == read - git


def test_the_comparison_of_fields_notices_a_difference() -> None:
    assert matches("a", "a")
    assert matches("a.*", "a.b")
    assert matches("a.*.c", "a.b.c")
    assert matches("hits[]", "hits[].path")
    assert matches("a.*", "a.b.c[]")
    assert not matches("a", "ab")
    assert not matches("a", "a.b")
    assert not matches("a.b", "a.bc")
    assert not matches("a.*.c", "a.b.d")
    assert not matches("a[].b", "a.b")
    assert list(leaves({"a": {"b": [1, {"c": None}], "d": {}}})) == ["a.b[]", "a.b[].c", "a.d"]
