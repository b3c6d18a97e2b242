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
    lode("man", "serch").must_be_refused("unknown command 'serch': did you mean 'search'?")
    lode("man", "search", "--to", folder).must_be_refused("leave out COMMAND")
