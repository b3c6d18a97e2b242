"""The recipes of docs/editors.md, with the real programs where they are installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commandline import CommandLine, indexed_sample, until
from tests.doc_blocks import blocks
from tests.terminal_screen import TerminalScreen, on_screen

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
    output = run([task["command"], *arguments], sample)
    pattern = task["problemMatcher"]["pattern"]
    groups = [pattern["file"], pattern["line"], pattern["column"]]
    found = []
    for line in output.splitlines():
        match = re.search(pattern["regexp"], line)
        assert match, line
        found.append((match[groups[0]], int(match[groups[1]]), int(match[groups[2]])))
    assert found == places(sample, "parse config")
    if shutil.which("node"):  # VS Code evaluates regular expressions as JavaScript does
        program = (
            "const [text, ...groups] = process.argv.slice(1);"
            "const lines = require('fs').readFileSync(0, 'utf8').trimEnd().split('\\n');"
            "const read = line => groups.map(group => new RegExp(text).exec(line)[group]);"
            "console.log(JSON.stringify(lines.map(read)));"
        )
        command = ["node", "-e", program, pattern["regexp"], *map(str, groups)]
        done = subprocess.run(command, input=output, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        read = [(file, int(line), int(column)) for file, line, column in json.loads(done.stdout)]
        assert read == found


def test_the_tasks_have_the_shape_that_vs_code_documents() -> None:
    """See https://code.visualstudio.com/docs/reference/tasks-appendix."""
    (text,) = recipes("jsonc")
    settings = json.loads(text)
    assert set(settings) == {"version", "tasks", "inputs"}
    assert settings["version"] == "2.0.0"
    (task,) = settings["tasks"]
    assert set(task) == {"label", "type", "command", "args", "problemMatcher", "presentation"}
    assert task["type"] in ("shell", "process")
    assert all(isinstance(each, str) for each in task["args"])
    matcher = task["problemMatcher"]
    assert set(matcher) == {"owner", "fileLocation", "severity", "pattern"}
    assert matcher["fileLocation"][0] in ("relative", "autoDetect")
    assert matcher["severity"] in ("error", "warning", "info")
    assert {"regexp", "file", "line", "column", "message"} == set(matcher["pattern"])
    groups = re.compile(matcher["pattern"]["regexp"]).groups
    assert all(
        1 <= number <= groups for name, number in matcher["pattern"].items() if name != "regexp"
    )
    presentation = task["presentation"]
    assert presentation["reveal"] in ("always", "silent", "never")
    assert presentation["revealProblems"] in ("always", "onProblem", "never")
    named = set(re.findall(r"\$\{input:(\w+)\}", json.dumps(task)))
    assert named == {each["id"] for each in settings["inputs"]}
    for each in settings["inputs"]:
        assert each["type"] in ("promptString", "pickString", "command")
        assert isinstance(each["description"], str)


def is_open_after(screen: TerminalScreen, keys: bytes) -> bool:
    """Press keys, and return whether the picker opens; it does not until tmux listens."""
    pressed = time.monotonic()
    screen.type(keys)
    screen.until(lambda: "esc leave" in screen.text or time.monotonic() > pressed + 20)
    return "esc leave" in screen.text


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")
@pytest.mark.parametrize("key", [b"g", b"G"])
def test_tmux(key: bytes, sample: tuple[CommandLine, Path], tmp_path: Path) -> None:
    """Press the keys of the recipe in a real tmux, on a real terminal."""
    lode, root = sample
    (settings,) = recipes("tmux")
    (tmp_path / "tmux.conf").write_text(settings)
    files = ["-S", str(tmp_path / "socket"), "-f", str(tmp_path / "tmux.conf")]
    tmux = [str(shutil.which("tmux")), *files]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = lode.environment(PATH=path, SHELL="/bin/sh")
    try:
        with on_screen([*tmux, "new-session", "sleep 600"], environment, root) as screen:
            screen.until_text("[0]")
            assert any(is_open_after(screen, b"\x02" + key) for _ in range(5))
            screen.type(b"\x15parseConfig")
            screen.until_text("config.ts:2", "parseConfig (function)")
            screen.type(b"\r" if key == b"G" else b"\x1b")
            screen.until(lambda: "esc leave" not in screen.text)
            if key == b"G":
                until(lambda: run([*tmux, "list-buffers"], sample))
                assert run([*tmux, "show-buffer"], sample) == "src/config.ts:2"
            run([*tmux, "kill-server"], sample)
    finally:
        subprocess.run([*tmux, "kill-server"], capture_output=True)


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
