"""The documentation agrees with the program."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from codelode.cli.commands import NAMES, find, load, load_all
from codelode.cli.options import Option
from codelode.cli.parser import parse
from codelode.cli.reference import reference
from codelode.errors import UsageError
from tests.commandline import CommandLine
from tests.doc_blocks import Block, Examples, blocks, commands, same, same_json

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture
def examples(tmp_path: Path) -> Examples:
    return Examples(CommandLine(tmp_path))


def runnable(page: Path, language: str) -> list[Block]:
    return [block for block in blocks(page) if block.language == language and block.run]


def with_blocks(language: str) -> list[Path]:
    return [page for page in PAGES if runnable(page, language)]


@pytest.mark.parametrize("page", with_blocks("console"), ids=lambda page: page.name)
def test_console_examples_do_what_the_page_shows(page: Path, examples: Examples) -> None:
    printed = ""
    before: Block | None = None
    for block in blocks(page):
        if block.language == "console" and block.run:
            printed = examples.console(block)
        elif block.language == "json" and before is not None and before.language == "console":
            assert same_json(json.loads(block.text), json.loads(printed)), f"{block}:\n{printed}"
        before = block


@pytest.mark.parametrize("page", with_blocks("python"), ids=lambda page: page.name)
def test_python_examples_run(page: Path, examples: Examples) -> None:
    examples.python(runnable(page, "python"))


def words_of(command: str) -> list[list[str]]:
    """Return the arguments of each `lode` in a shell command, without redirections."""
    command = re.sub(r'"?\$\((lode [^)]*)\)"?', r"(\1)", command)
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found: list[list[str]] = []
    inside = False
    for word in lexer:
        if set(word) <= set("();<>|&"):
            inside = False
        elif word == "lode":
            found.append([])
            inside = True
        elif inside:
            found[-1].append(word)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_all_examples_are_understood(page: Path, tmp_path: Path) -> None:
    """Also checks examples that are not run: some never end, others need a bucket, a key or Ray."""
    for block in blocks(page):
        if block.language == "console":
            for command, _ in commands(block.text):
                for name, *others in words_of(command):
                    if not name.startswith("-"):
                        parse(find(name), others)


def test_make_targets_in_the_documentation_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:^\$ |`)make ([\w-]+)", page.read_text("utf-8"), re.MULTILINE)
        assert set(named) <= targets, page.name


def test_ci_and_the_commit_hooks_run_the_same() -> None:
    ci = set(re.findall(r"^make [\w-]+$", (ROOT / ".ci/run").read_text(), re.MULTILINE))
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert ci == set(re.findall(r"^ +entry: (make [\w-]+)$", hooks, re.MULTILINE))


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    listed = set(
        re.findall(r"^ +- (?:.*: )?(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    )
    assert {page.name for page in (ROOT / "docs").glob("*.md")} <= listed


def test_decision_records_have_a_date_a_status_and_a_row_in_the_index() -> None:
    folder = ROOT / "docs/decisions"
    records = sorted(path for path in folder.glob("[0-9]*.md") if path.name != "000-template.md")
    index = (folder / "README.md").read_text("utf-8")
    numbers = [path.name[:3] for path in records]
    assert len(numbers) == len(set(numbers))
    rows = []
    for path in records:
        title, _, head = path.read_text("utf-8").split("\n")[:3]
        assert title.startswith(f"# {path.name[:3]}: "), path.name
        dated = re.match(r"Date: (\d{4}-\d\d-\d\d)\. Status: (accepted|superseded)\b", head)
        assert dated, f"{path.name}: no date or status"
        rows.append(f"| [{title[2:]}]({path.name}) | {dated[1]} | {dated[2]}")
    table = [line for line in index.splitlines() if line.startswith("| [")]
    assert len(table) == len(rows)
    for row, line in zip(rows, table, strict=True):
        assert line.startswith(row), f"docs/decisions/README.md: {row}"


def test_what_has_replaced_a_decision_is_named_in_it_and_in_the_index() -> None:
    folder = ROOT / "docs/decisions"
    numbers = {path.name[:3]: path for path in folder.glob("[0-9]*.md")}
    rows = re.findall(
        r"^\| \[(\d{3}):.*\|(.*)\|$", (folder / "README.md").read_text(), re.MULTILINE
    )
    named = {}
    for number, path in numbers.items():
        status = path.read_text("utf-8").split("\n\n")[1]
        named[number] = set(re.findall(r"\[(\d{3})\]", status))
    assert {number: set(re.findall(r"\d{3}", status)) for number, status in rows} == {
        number: {each for each in named[number] if each > number} for number, _ in rows
    }
    for number, others in named.items():
        for earlier in (each for each in others if each < number):
            assert number in named[earlier], f"{number} names {earlier}, which does not name it"


# Tests of the comparisons above.


def test_the_words_of_commands_are_found() -> None:
    command = "X=1 lode push 'a b' ~/x > y && lode pull | less  # lode no"
    assert words_of(command) == [["push", "a b", "~/x"], ["pull"]]
    assert words_of('echo "$(lode pick x)" y') == [["pick", "x"]]
    with pytest.raises(UsageError):
        parse(find("push"), ["--no-such-flag"])


def test_output_is_compared_except_numbers() -> None:
    assert same("1,000 files in 5.7 s", "12 files in 81 ms")
    assert same("a.py:7-9  f\n...", "a.py:10-12 f\n  10  def f():\n")
    assert not same("3 files", "3 folders")
    assert not same("a.py:7-9 f", "b.py:7-9 f")


def test_json_is_compared_by_keys_and_strings() -> None:
    assert same_json({"a": 1, "b": "x..."}, {"a": 2.5, "b": "xyz"})
    assert not same_json({"a": 1}, {"a": 1, "b": 2})
    assert not same_json({"a": True}, {"a": 1})
    assert not same_json({"a": "x"}, {"a": "y"})
    assert not same_json([1], [])


def test_blocks_and_their_marks_are_read(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Text\n\n```console\n$ a\n1\n2\n$ b\n```\n\n"
        "<!-- not run: takes a week -->\n```python\nx\n```\n"
        "<!-- not compared: a moving target -->\n\n```json\n1\n```\n"
    )
    assert blocks(page) == [
        Block(page, "console", "$ a\n1\n2\n$ b", 3),
        Block(page, "python", "x", 11, run=False),
        Block(page, "json", "1", 16, compared=False),
    ]
    assert commands("$ a\n1\n2\n$ b") == [("a", "1\n2"), ("b", None)]
    assert commands("a\nb") == [("a", None), ("b", None)]


def test_a_failing_example_fails(examples: Examples, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ lode status --no-such-flag\n```\n")
    with pytest.raises(AssertionError, match="no-such-flag"):
        examples.console(blocks(page)[0])
    for wrong in ("1 / 0", ">>> 1 + 1\n3"):
        page.write_text(f"```python\n{wrong}\n```\n")
        with pytest.raises(AssertionError, match="Failed example"):
            examples.python(blocks(page))


def test_cli_reference_is_current() -> None:
    """If this fails: `.venv/bin/python -m codelode.cli.reference > docs/cli.md`."""
    assert (ROOT / "docs/cli.md").read_text("utf-8") == reference()


@pytest.mark.parametrize("name", NAMES)
def test_every_flag_is_documented(name: str) -> None:
    page = (ROOT / "docs/cli.md").read_text("utf-8")
    section = page.partition(f"## `lode {name} ")[2].partition("\n## ")[0]
    for _, options in load(name).groups:
        for option in options:
            assert all(f"`{flag}" in section for flag in option.flags), option.flags


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in NAMES:
        assert f"lode {name}" in readme


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        if not page.name.startswith("performance-"):  # docs/performance.md leads to them
            assert f"](docs/{page.name})" in readme, page.name


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_flags_mean_the_same_everywhere() -> None:
    """Commands with the same flag share its definition; only its default may differ."""
    seen: dict[str, Option] = {}
    for command in load_all():
        for _, options in command.groups:
            for option in options:
                for flag in option.flags:
                    # What these two mean depends on the command's output or scope.
                    if flag not in ("--json", "--all"):
                        assert without_default(seen.setdefault(flag, option)) == without_default(
                            option
                        ), flag


def without_default(option: Option) -> Option:
    return replace(option, help=re.sub(r" \(default: \d+\)$", "", option.help))
