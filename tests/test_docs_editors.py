"""The recipes of docs/editors.md, with the real programs where they are installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commandline import CommandLine, indexed_sample
from tests.doc_blocks import blocks

PAGE = Path(__file__).parent.parent / "docs" / "editors.md"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path]:
    """Return a small tree and its index. No test changes them."""
    return indexed_sample(tmp_path_factory.mktemp("editors"))


def recipes(language: str) -> list[str]:
    return [block.text for block in blocks(PAGE) if block.language == language]


def run(command: list[str], sample: tuple[CommandLine, Path], **variables: str) -> str:
    """Run a program in the tree, with `lode` on its path."""
    lode, root = sample
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=root,
        env=lode.environment(PATH=path, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def places(sample: tuple[CommandLine, Path], query: str) -> list[tuple[str, int, int]]:
    lode, root = sample
    hits = lode("search", "--json", "--", query, root).must_succeed().json["hits"]
    return [(hit["path"], hit["line"], hit["column"]) for hit in hits]


@pytest.mark.parametrize("editor", ["vim", "nvim"])
@pytest.mark.parametrize("query", ["parse config", 'it\'s "retry" %'])
def test_vim(editor: str, query: str, sample: tuple[CommandLine, Path], tmp_path: Path) -> None:
    if not shutil.which(editor):
        pytest.skip(f"{editor} is not installed")
    script, listed = tmp_path / "lode.vim", tmp_path / "listed"
    escaped = query.replace("'", "''")
    script.write_text(
        recipes("vim")[0]
        + f"\ncall Lode('{escaped}')\n"
        + "let found = map(getqflist(), '[bufname(v:val.bufnr), v:val.lnum, v:val.col]')\n"
        + f"call writefile([json_encode(found)], '{listed}')\nqa!\n"
    )
    run([editor, "-Nu", "NONE", "-i", "NONE", "-n", "-es", "-S", str(script)], sample)
    found = [tuple(each) for each in json.loads(listed.read_text())]
    assert found == places(sample, query)


def test_vim_grep(sample: tuple[CommandLine, Path], tmp_path: Path) -> None:
    if not shutil.which("vim"):
        pytest.skip("vim is not installed")
    script, listed = tmp_path / "lode.vim", tmp_path / "listed"
    script.write_text(
        recipes("vim")[1]
        + "\nsilent grep! 'parse config'\n"
        + f"call writefile([json_encode(getqflist()[0].lnum)], '{listed}')\nqa!\n"
    )
    run(["vim", "-Nu", "NONE", "-i", "NONE", "-n", "-es", "-S", str(script)], sample)
    assert json.loads(listed.read_text()) == places(sample, "parse config")[0][1]


def test_emacs(sample: tuple[CommandLine, Path]) -> None:
    if not shutil.which("emacs"):
        pytest.skip("emacs is not installed")
    wait = '(while (get-buffer-process "*grep*") (accept-process-output nil 0.1))'
    show = '(with-current-buffer "*grep*" (princ (buffer-string)))'
    program = f'(progn (require \'grep) {recipes("elisp")[0]} (lode "parse config") {wait} {show})'
    assert "src/config.ts:2:17:" in run(["emacs", "-Q", "--batch", "--eval", program], sample)


def test_the_task_of_vs_code(sample: tuple[CommandLine, Path]) -> None:
    (text,) = recipes("jsonc")
    (task,) = json.loads(text)["tasks"]
    arguments = [each.replace("${input:query}", "parse config") for each in task["args"]]
    lines = run([task["command"], *arguments], sample).splitlines()
    pattern = task["problemMatcher"]["pattern"]
    found = []
    for line in lines:
        match = re.search(pattern["regexp"], line)
        assert match, line
        found.append((match[pattern["file"]], int(match[pattern["line"]]), int(match[3])))
    assert found == places(sample, "parse config")


def test_tmux(sample: tuple[CommandLine, Path], tmp_path: Path) -> None:
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    (settings,) = recipes("tmux")
    (tmp_path / "tmux.conf").write_text(settings)
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", str(tmp_path / "tmux.conf")]
    run([*tmux, "new-session", "-d", "sleep 60"], sample)
    try:
        keys = run([*tmux, "list-keys", "-T", "prefix"], sample)
        assert len(re.findall(r"display-popup .*lode pick", keys)) == 2
    finally:
        run([*tmux, "kill-server"], sample)


def test_the_commands_that_fzf_runs(sample: tuple[CommandLine, Path]) -> None:
    """Run the commands in a shell, as fzf does; fzf puts inserted text in single quotes."""
    (recipe,) = recipes("sh")
    reload = re.search(r"change:reload:([^\"]+)\"", recipe)
    preview = re.search(r"--preview '([^']+)'", recipe)
    open_it = re.search(r"enter:become\(([^)]+)\)'", recipe)
    assert reload
    assert preview
    assert open_it
    for query in ("'parse config'", "''", "'-k'"):
        lines = run(["sh", "-c", reload[1].replace("{q}", query)], sample).splitlines()
        if query == "'parse config'":
            path, line = lines[0].split(":")[:2]
            assert [(path, int(line))] == [
                place[:2] for place in places(sample, "parse config")[:1]
            ]
    for command, shown in ((preview[1], "parseConfig"), (open_it[1], "+2 src/config.ts")):
        filled = command.replace("{1}", f"'{path}'").replace("{2}", f"'{line}'")
        assert shown in run(["sh", "-c", filled], sample, EDITOR="echo")
