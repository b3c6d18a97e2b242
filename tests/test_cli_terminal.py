"""Output on a terminal."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from codelode import progress
from codelode.progress import ProgressBar
from codelode.render.sanitize import width
from tests.commandline import CommandLine, write_much

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def test_search_in_color_with_a_footer(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    shown = lode.on_terminal("search", "exponential backoff", "-k2", cwd=tree).must_succeed().text
    assert "\x1b[35msrc/retry.py\x1b[0m:\x1b[32m" in shown
    plain = ESCAPES.sub("", shown)
    assert re.search(r"^2 hits · 5 files · generation 1 · \d+ ms$", plain, re.MULTILINE)
    uncolored = lode.on_terminal(
        "search", "exponential backoff", "-k2", cwd=tree, NO_COLOR="1"
    ).text
    assert "\x1b" not in uncolored
    assert re.sub(r"\d+ ms", "", uncolored) == re.sub(r"\d+ ms", "", plain)


def test_a_terminal_is_told_that_there_are_no_hits(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    search = ("search", "-F", "qqqqqqqq", tree)
    for flags in ((), ("-l",), ("--vimgrep",), ("--jsonl",)):
        shown = lode.on_terminal(*search, *flags)
        assert shown.code == 1
        assert shown.text.count("no hits") == 1
        piped = lode(*search, *flags)
        assert (piped.code, piped.out, piped.err) == (1, b"", b"")


def test_lines_fit_the_terminal(lode: CommandLine, tree: Path) -> None:
    (tree / "long.py").write_text("backoff = '" + "漢x" * 500 + "'\n")
    lode("index", tree).must_succeed()
    shown = lode.on_terminal("search", "backoff", tree, columns=50).must_succeed().text
    body = [line for line in ESCAPES.sub("", shown).splitlines() if line.startswith("  ")]
    assert body
    assert max(map(width, body)) <= 50


@pytest.mark.parametrize("options", [[], ["-l"], ["--json"], ["--jsonl"], ["--full-section"]])
def test_hostile_names_and_texts_are_harmless(
    lode: CommandLine, tmp_path: Path, options: list[str]
) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    hostile = "\x1b]0;owned\x07\x1b[2J\u202e\x9b31m"
    for name in (f"{hostile}.py", "two\nsrc/forged.py:1-2", os.fsdecode(b"caf\xe9.py")):
        path = root / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(f"def backoff():\n    '''{hostile}'''\n")
    shown = lode.on_terminal("search", "backoff", root, *options).must_succeed().text
    rest = ESCAPES.sub("", re.sub(r"\x1b\[\d+m", "", shown))
    for obeyed in ("\x1b", "\x07", "\u202e", "\x9b", "\nsrc/forged.py:1-2"):
        assert obeyed not in rest
    assert "[2J" in rest  # the rest of an escaped sequence is plain text


def test_errors_are_one_line_on_a_terminal(lode: CommandLine, tmp_path: Path) -> None:
    refused = lode.on_terminal("index", tmp_path / "a\x1b[2Jb")
    assert refused.code == 2
    assert refused.text == f"lode: no such folder: {tmp_path}/a\\x1b[2Jb\n"


def test_the_bar_leaves_no_line_behind(lode: CommandLine, tree: Path) -> None:
    run = "from codelode import progress; from codelode.cli.entry import main; import sys"
    at_once = f"{run}; progress.PATIENCE_SECONDS = 0; sys.exit(main(sys.argv[1:]))"
    command: list[str | bytes | Path] = [
        sys.executable,
        "-c",
        at_once,
        "index",
        tree,
        "--jobs",
        "1",
    ]
    shown = lode.run_on_terminal(command).must_succeed().text
    assert "5/6 files" in shown
    shown = re.sub(r"[^\n]*\n(\x1b\[\?25h)?\r?\x1b\[1A\x1b\[2K", "", shown)  # lines erased later
    left = [re.split(r"\r(?!\n)|\x1b\[2K", line)[-1] for line in shown.splitlines()]
    assert not any(line.startswith("indexing") for line in left), left
    assert any(line.startswith("5 files, ") for line in left), left


def test_a_short_update_shows_no_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 3600.0)
    monkeypatch.setenv("FORCE_COLOR", "1")  # makes rich take the captured stream for a terminal
    with ProgressBar(5, 500) as bar:
        bar.indexed(5, 500)
    assert capsys.readouterr().err == ""


def test_progress_then_ctrl_c(lode: CommandLine, tmp_path: Path) -> None:
    """Ctrl-C on a terminal signals the whole foreground group."""
    root = write_much(tmp_path / "tree")
    stopped = lode.on_terminal("index", root, "--jobs", "2", interrupt_at=rb"B/s.*\d:\d\d")
    plain = ESCAPES.sub("", stopped.text)
    assert stopped.code == 130
    assert re.search(r"indexing \S+ [\d,]+/[\d,]+ files [\d.]+ .?B/s", plain)
    assert "Traceback" not in plain
    assert plain.rstrip().splitlines()[-1] == "lode: interrupted"


def test_quiet_shows_no_progress(lode: CommandLine, tree: Path) -> None:
    assert lode.on_terminal("index", tree, "-q").must_succeed().out == b""


def test_the_progress_bar_counts_files_and_rate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(progress, "RATE_SECONDS", 0.0)
    monkeypatch.setenv("FORCE_COLOR", "1")  # makes rich take the captured stream for a terminal
    monkeypatch.setenv("COLUMNS", "120")
    with ProgressBar(1000, 2_000_000) as bar:
        bar.found(250, 500_000)
        bar.indexed(250, 500_000)
        bar.indexed(1250, 2_500_000)  # more than the announced totals
    shown = ESCAPES.sub("", capsys.readouterr().err)
    assert "1,500/1,500 files" in shown
    assert "MB/s" in shown or "GB/s" in shown
