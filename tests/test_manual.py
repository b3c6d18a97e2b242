"""Manual pages: valid roff that shows every flag."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from codelode.cli.commands import NAMES, load_all
from codelode.cli.manual import pages
from tests.commandline import CommandLine

COMMANDS = load_all()
PAGES = pages(COMMANDS)
needs_groff = pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")


def shown(page: str) -> str:
    """Return a page as `man` shows it, without formatting."""
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-rLL=100n", "-P-c"],
        input=page.encode(),
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return re.sub(r".\x08", "", done.stdout.decode())


def test_there_is_a_page_for_every_command() -> None:
    assert set(PAGES) == {"lode.1", *(f"lode-{name}.1" for name in NAMES)}


@needs_groff
def test_pages_show_every_flag_and_example_and_no_warning() -> None:
    overview = shown(PAGES["lode.1"])
    for command in COMMANDS:
        assert f"lode-{command.name}(1)" in overview
        text = shown(PAGES[f"lode-{command.name}.1"])
        assert f"lode-{command.name} - {command.summary}" in " ".join(text.split())
        words = " ".join(text.split())
        for option in [*command.options(), *command.arguments]:
            assert " ".join(option.help.split()) in words, option.flags
            if option.flags[0].startswith("-"):
                assert all(flag in words for flag in option.flags)
        for purpose, example in command.examples:
            assert " ".join(purpose.split()) in words
            assert " ".join(example.split()) in words


def test_optional_values_are_shown_as_help_shows_them() -> None:
    search = PAGES["lode-search.1"]
    assert r"\fB\-\-open\fR[=\fIN\fR]" in search
    assert r"\fB\-\-changed\fR[=\fIREF\fR]" in search
    assert r"\fB\-\-wait\fR [\fISECONDS\fR]" in PAGES["lode-index.1"]


@needs_groff
def test_text_that_looks_like_roff_is_shown_unchanged() -> None:
    from codelode.cli.manual import _text

    for text in (".SH x", "'br", r"a\fBb\n(cd", "~/^x`y`-z"):
        assert text in shown(f".TH X 1\n.SH NAME\n{_text(text)}\n")


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_mandoc_has_no_objection(tmp_path: Path) -> None:
    for name, page in PAGES.items():
        (tmp_path / name).write_text(page)
        done = subprocess.run(
            ["mandoc", "-Tlint", "-W", "warning", tmp_path / name], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


def test_pages_are_printed_and_written(lode: CommandLine, tmp_path: Path) -> None:
    assert lode("man").must_succeed().text == PAGES["lode.1"]
    assert lode("man", "search").must_succeed().text == PAGES["lode-search.1"]
    folder = tmp_path / "man" / "man1"
    lode("man", "--to", folder).must_succeed()
    assert {path.name: path.read_text() for path in folder.iterdir()} == PAGES
    assert "`man -l" in lode("man", "--to", tmp_path / "pages").must_succeed().message
    lode("man", "serch").must_be_refused("unknown command 'serch': did you mean 'search'?")
    lode("man", "search", "--to", folder).must_be_refused("leave out COMMAND")


@pytest.mark.skipif(not shutil.which("man"), reason="man is not installed")
def test_a_page_is_formatted_on_a_terminal(lode: CommandLine, tmp_path: Path) -> None:
    text = lode.on_terminal("man", "search", MANPAGER="cat").must_succeed().text
    assert "SYNOPSIS" in re.sub(r".\x08", "", text)
    assert ".SH" not in text
    source = lode.on_terminal("man", "search", PATH=str(tmp_path)).must_succeed()
    assert source.text.startswith(".TH")


@pytest.mark.skipif(not shutil.which("man"), reason="man is not installed")
def test_a_folder_that_man_does_not_search_is_named(lode: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "a share" / "man" / "man1"
    told = lode("man", "--to", folder).must_succeed().message
    (line,) = re.findall("add `(export MANPATH=.*)` to", told)
    finds = ["sh", "-c", f"{line}; man -w lode-search"]
    done = subprocess.run(finds, env=lode.environment(), capture_output=True, text=True)
    assert done.stdout.strip() == str(folder / "lode-search.1")
    assert lode("man", "--to", folder, MANPATH=f"{folder.parent}:").must_succeed().message == ""
    nobody = lode("man", "--to", folder, PATH=str(tmp_path)).must_succeed()
    assert "there is no `man` here" in nobody.message
