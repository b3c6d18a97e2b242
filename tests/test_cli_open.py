"""`--open`: a hit in the user's editor."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.cli.editor import Place, arguments_for, command_for, editor_command, place_of
from codelode.errors import UsageError
from codelode.types import Hit
from tests.commandline import CommandLine, indexed_sample, write_tree

PLACE = Place("src/a.py", 12, 5, 6)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path]:
    """Return a small tree and its index. No test changes them."""
    return indexed_sample(tmp_path_factory.mktemp("open"))


def recorder(folder: Path, name: str = "vim") -> tuple[Path, Path]:
    """Make a program that records its arguments, its folder, and which streams are terminals."""
    program, record = folder / name, folder / "record"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"with open({str(record)!r}, 'w') as file:\n"
        "    json.dump({'arguments': sys.argv[1:], 'folder': os.getcwd(),"
        " 'terminals': [os.isatty(0), os.isatty(1)]}, file)\n"
        "sys.exit(int(os.environ.get('FAIL', '0')))\n"
    )
    program.chmod(0o755)
    return program, record


@pytest.mark.parametrize(
    ("editor", "expected"),
    [
        ("vim", ["+12", "src/a.py"]),
        ("/usr/bin/vim.basic", ["+12", "src/a.py"]),
        ("nvim", ["+12", "src/a.py"]),
        ("emacs", ["+12:5", "src/a.py"]),
        ("emacs-29.1", ["+12:5", "src/a.py"]),
        ("emacsclient.emacs", ["+12:5", "src/a.py"]),
        ("nano", ["+12,5", "src/a.py"]),
        ("micro", ["+12:5", "src/a.py"]),
        ("kak", ["+12:6", "src/a.py"]),
        ("hx", ["src/a.py:12:5"]),
        ("helix", ["src/a.py:12:5"]),
        ("code", ["--goto", "src/a.py:12:5"]),
        ("C:\\Program Files\\code.CMD", ["--goto", "src/a.py:12:5"]),
        ("cursor", ["--goto", "src/a.py:12:5"]),
        ("subl", ["src/a.py:12:5"]),
        ("zed", ["src/a.py:12:5"]),
        ("idea", ["--line", "12", "--column", "5", "src/a.py"]),
        ("pycharm.sh", ["--line", "12", "--column", "5", "src/a.py"]),
        ("idea64.exe", ["--line", "12", "--column", "5", "src/a.py"]),
        ("kate", ["--line", "12", "--column", "5", "src/a.py"]),
        ("mate", ["--line", "12:5", "src/a.py"]),
        ("my-editor", ["src/a.py"]),
        (".exe", ["src/a.py"]),
    ],
)
def test_editors_and_their_syntax(editor: str, expected: list[str]) -> None:
    assert arguments_for(editor, PLACE) == expected


@pytest.mark.parametrize("name", ["-rf", "+q!", "--cmd", "{line}", "a b", "two\nlines", "x:1:2"])
@pytest.mark.parametrize("editor", ["vim", "code", "hx", "idea", "unknown"])
def test_hostile_names_stay_names(editor: str, name: str) -> None:
    arguments = arguments_for(editor, Place(name, 3))
    file = f"./{name}" if name[0] in "-+" else name
    assert arguments[-1] in (file, f"{file}:3:1")


def test_an_editor_of_ones_own_says_where_file_and_line_go(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command_for(["mine", "{file}#{line}", "{other}"], Place("a.py", 7)) == [
        *("mine", "a.py#7", "{other}")
    ]
    assert capsys.readouterr().err == ""
    assert command_for(["mine"], Place("a.py", 7)) == ["mine", "a.py"]
    assert "{file} and {line}" in capsys.readouterr().err


def test_the_editor_is_split_as_a_shell_would() -> None:
    assert editor_command({"EDITOR": "vi"}) == ["vi"]
    assert editor_command({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert editor_command({"VISUAL": " ", "EDITOR": "'/my editors/ed' -x"}) == [
        "/my editors/ed",
        "-x",
    ]
    assert editor_command({}) == ["vi"]
    with pytest.raises(UsageError, match="EDITOR"):
        editor_command({"EDITOR": "vi 'x"})


@given(st.text("aé漢\t x", max_size=20), st.integers(0, 60))
def test_columns_in_characters(line: str, at: int) -> None:
    at = min(at, len(line))
    column = len(line[:at].encode()) + 1
    hit = Hit("a", 3, 2, 4, 1.0, f"first\n{line}\nlast\n", None, column=column)
    assert place_of(hit, "a") == Place("a", 3, at + 1, column)


def test_a_hit_is_opened_at_its_line(sample: tuple[CommandLine, Path], tmp_path: Path) -> None:
    lode, root = sample
    editor, record = recorder(tmp_path)
    for options, number in ((["--open"], 1), (["--open=2"], 2), (["--open=2", "-k2"], 2)):
        hits = lode("search", "retry", root, "--json").json["hits"]
        shown = lode("search", "retry", *options, cwd=root, EDITOR=str(editor)).must_succeed()
        ran = json.loads(record.read_text())
        wanted = hits[number - 1]
        assert ran["arguments"] == [f"+{wanted['line']}", wanted["path"]]
        assert ran["folder"] == str(root)
        assert shown.text.startswith(f"{wanted['path']}:{wanted['line']}  ")
        assert shown.text.count("\n") == 1
    lode("related", "src/retry.py:9", "--open", cwd=root, VISUAL=str(editor)).must_succeed()
    assert json.loads(record.read_text())["arguments"][0].startswith("+")


def test_the_editor_gets_the_terminal(sample: tuple[CommandLine, Path], tmp_path: Path) -> None:
    lode, root = sample
    editor, record = recorder(tmp_path)
    done = lode.on_terminal("search", "retry", "--open", cwd=root, EDITOR=str(editor))
    assert done.code == 0
    assert json.loads(record.read_text())["terminals"] == [True, True]
    script = f"echo retry | {sys.executable} -m codelode search - --open | cat"
    done = lode.run_on_terminal(["/bin/sh", "-c", script], cwd=root, EDITOR=str(editor))
    assert done.code == 0
    assert json.loads(record.read_text())["terminals"] == [True, True]


def test_what_cannot_be_opened_is_one_line(
    sample: tuple[CommandLine, Path], tmp_path: Path
) -> None:
    lode, root = sample
    editor, _ = recorder(tmp_path)
    lode("search", "retry", root, "--open=99").must_be_refused("there is no hit 99")
    refused = lode("search", "retry", root, "--open=2", LODE_SEARCH_LIMIT="1")
    refused.must_be_refused("beyond the 1 hit that -k or the setting search.limit asks for")
    for wrong in ("--open=0", "--open=x", "--open="):
        lode("search", "retry", root, wrong).must_be_refused("--open")
    for flag in ("--json", "--jsonl", "--vimgrep", "-l"):
        refused = lode("search", "retry", root, flag, "--open")
        refused.must_be_refused(f"give either --open or {flag}")
    lode("related", "src/retry.py:9", "--json", "--open", cwd=root).must_be_refused("--json")
    failed = lode("search", "retry", root, "--open", FAIL="3", EDITOR=str(editor))
    assert (failed.code, failed.message.count("\n")) == (2, 1)
    assert "exit code 3" in failed.message
    missing = lode("search", "retry", root, "--open", EDITOR=str(tmp_path / "none"))
    assert (missing.code, "cannot run the editor" in missing.message) == (2, True)
    nothing = lode("search", "xyzzyplugh", root, "--lexical", "--open", EDITOR=str(editor))
    assert (nothing.code, nothing.out) == (1, b"")


def test_files_with_hostile_names_are_opened(lode: CommandLine, tmp_path: Path) -> None:
    editor, record = recorder(tmp_path)
    names = ["-rf.py", "+q.py", "two\nlines.py", "'; echo x;.py", os.fsdecode(b"caf\xe9.py")]
    for number, name in enumerate(names):
        root = write_tree(tmp_path / f"tree{number}", {name: "def backoff(): ...\n"})
        lode("search", "backoff", "--open", cwd=root, EDITOR=str(editor)).must_succeed()
        opened = json.loads(record.read_text())["arguments"][-1]
        assert opened == (f"./{name}" if name[0] in "-+" else name)


def test_a_deleted_file_is_not_opened(lode: CommandLine, tree: Path, tmp_path: Path) -> None:
    editor, record = recorder(tmp_path)
    lode("index", tree).must_succeed()
    (tree / "src/config.ts").unlink()
    search = ("search", "parseConfig", tree, "--fresh", "never", "--open")
    lode(*search, EDITOR=str(editor)).must_be_refused("is gone since it was indexed")
    assert not record.exists()


def test_the_help_says_how_an_unknown_editor_gets_the_line(lode: CommandLine) -> None:
    for command in ("search", "related"):
        text = " ".join(lode(command, "--help").must_succeed().text.split())
        assert "EDITOR='myedit {file} {line}'" in text
