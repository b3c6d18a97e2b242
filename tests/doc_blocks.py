"""Code blocks of the documentation: find them, run them, compare what they print.

Blocks marked `python` or `console` are run. A block that cannot run is preceded by a comment in the
Markdown that gives the reason:

    <!-- not run: needs a model that is not part of the package -->

A comment `<!-- not compared: ... -->` gives the reason why only the exit code is checked.

In a console block, lines that begin with `$ ` are commands, and the lines below a command are its
output; without any `$ `, every line is a command. Output is compared after numbers and their units
are replaced, and `...` stands for any text. A `json` block directly below a console block is the
output of its last command: it has the same keys, the same strings (up to `...`), and any numbers.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.commandline import SAMPLE, CommandLine, write_tree

PLACE = "/home/you/repo"
"""The path of the example tree in the output that the documentation shows."""
_NOT_RUN = re.compile(r"<!-- not run: \S.* -->")
_NOT_COMPARED = re.compile(r"<!-- not compared: \S.* -->")
SKIPPED = {"make": "builds and tests the project itself", "pip": "installs packages"}
"""Programs that examples never run, with the reason."""
SERVES = ("lode mcp --http", "lode watch", "lode serve", "lode cluster")
"""Commands that end only when they are interrupted."""
ASKS = ("lode pick",)
"""Commands that wait for keys: `test_cli_pick` types them."""
_NUMBER = re.compile(r"\d[\d,.]*(?: (?:B|kB|MB|GB|ms|µs|s|min)\b)?(?:/s)?")
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")
_COMPARE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, its first line (1-based), how it is checked."""

    page: Path
    language: str
    text: str
    line: int
    run: bool = True
    compared: bool = True

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    found: list[Block] = []
    language: str | None = None
    body: list[str] = []
    before = ""  # the last line with text above the block
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        fence = line.strip().startswith("```")
        if language is None and fence:
            language, body, start = line.strip()[3:].strip(), [], number
        elif language is not None and fence:
            run, compared = not _NOT_RUN.search(before), not _NOT_COMPARED.search(before)
            found.append(Block(page, language, "\n".join(body), start, run, compared))
            language, before = None, ""
        elif language is not None:
            body.append(line)
        elif line.strip():
            before = line
    assert language is None, f"{page}: a block is not closed"
    return found


def commands(text: str) -> list[tuple[str, str | None]]:
    """Return the commands of a console block, each with the output that is shown, if any."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not any(line.startswith("$ ") for line in lines):
        return [(line, None) for line in lines]
    found: list[tuple[str, str | None]] = []
    for line in lines:
        if line.startswith("$ "):
            found.append((line[2:], None))
        elif found:
            command, output = found[-1]
            found[-1] = command, line if output is None else f"{output}\n{line}"
    return found


def same(shown: str, printed: str) -> bool:
    """Return whether the printed output equals the shown output, except for numbers and `...`."""
    wanted, got = (_NUMBER.sub("N", text).strip() + "\n" for text in (shown, printed))
    return doctest.OutputChecker().check_output(wanted, got, _COMPARE)


def same_json(shown: Any, printed: Any) -> bool:
    """Return whether two values are equal, apart from numbers and what `...` stands for."""
    match shown, printed:
        case dict(), dict():
            keys = list(shown) == list(printed)
            return keys and all(same_json(shown[key], printed[key]) for key in shown)
        case list(), list():
            return len(shown) == len(printed) and all(map(same_json, shown, printed))
        case str(), str():
            text, cut, _ = shown.partition("...")
            return printed.startswith(text) if cut else printed == shown
        case bool(), bool():
            return shown == printed
        case ((int() | float()), (int() | float())):
            return not isinstance(shown, bool) and not isinstance(printed, bool)
        case _:
            return shown is None and printed is None


EXTRA_FILES: dict[str, str | bytes] = {
    "src/input.ts": "// Debounce input: wait until nobody has typed for `delay` ms.\n"
    "export function debounce(input: () => void, delay: number): () => void {\n"
    "  let timer = 0;\n"
    "  return () => {\n"
    "    clearTimeout(timer);\n"
    "    timer = setTimeout(input, delay);\n"
    "  };\n"
    "}\n",
    "src/todo.py": "# TODO(alice): open a database connection only once\nCONNECTION = None\n",
}


def plant(tree: Path) -> Path:
    """Make the tree that examples run in: small files, and Python's own package asyncio."""
    write_tree(tree, SAMPLE | EXTRA_FILES)
    library = Path(sysconfig.get_path("stdlib"))
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(library / "asyncio", tree / "asyncio", ignore=without)
    return tree


def commit(tree: Path) -> None:
    """Make a tree a git repository, in which one file is not committed yet."""
    identity = ("-c", "user.name=you", "-c", "user.email=you@example.org")
    for command in (["init", "-q"], ["add", "."], ["reset", "-q", "src/todo.py"]):
        subprocess.run(["git", "-C", str(tree), *command], check=True)
    subprocess.run(["git", "-C", str(tree), *identity, "commit", "-qm", "first"], check=True)


class Examples:
    """Runs blocks as a newcomer would, in a new home folder with a tree in `path/to/repo`."""

    def __init__(self, lode: CommandLine) -> None:
        self.home, self._cache = lode.home, lode.cache
        self.tree = plant(lode.home / "path" / "to" / "repo")
        plant(lode.home / "src" / "app")
        self._environment = lode.environment(
            EDITOR="true",  # an editor that shows nothing
            PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            COLUMNS="100",
        )

    def console(self, block: Block) -> str:
        """Run the commands of a block and return the last output.

        A block that begins with `lode index` begins without an index.
        """
        if not (self.tree / ".git").exists():
            commit(self.tree)
        if commands(block.text)[0][0].startswith("lode index"):
            shutil.rmtree(self._cache, ignore_errors=True)
        printed = ""
        for command, output in commands(block.text):
            program = command.split()[0]
            if program in SKIPPED or any(each in command for each in SERVES + ASKS):
                continue
            quick = re.sub(r"(lode bench[^#]*)", r"\1 --seconds 1 --queries 10 ", command)
            done = self._run(["bash", "-c", _with_port(quick)], self.tree)
            printed = done.stdout.replace(str(self.tree), PLACE)
            all_printed = printed + done.stderr
            assert done.returncode == 0, f"{block}: $ {command}\n{all_printed}"
            if output is not None and block.compared:
                assert same(output, all_printed), f"{block}: $ {command}\n{all_printed}"
        return printed

    def python(self, page: list[Block]) -> None:
        """Run the Python blocks of a page one after the other, in one process."""
        text = "\n".join(_as_session(block.text) for block in page)
        checked = "from tests.doc_blocks import check_session; check_session()"
        done = self._run([sys.executable, "-c", checked], self.home, _with_port(text))
        assert done.returncode == 0, f"{page[0].page.name}:\n{done.stdout}{done.stderr}"

    def _run(
        self, command: list[str], folder: Path, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder,
            env={**self._environment, "PYTHONPATH": str(Path(__file__).parent.parent)},
            input=text,
            text=True,
            capture_output=True,
            timeout=240,
        )


def check_session() -> None:
    """Run the doctest session on standard input; exit with 1 and a report if it fails."""
    test = doctest.DocTestParser().get_doctest(sys.stdin.read(), {}, "examples", None, 0)
    assert test.examples, "there is no example"
    sys.exit(bool(doctest.DocTestRunner(optionflags=_COMPARE).run(test).failed))


def _as_session(text: str) -> str:
    """Return a block as a doctest session; the output of a block without prompts is ignored."""
    if ">>> " in text:
        return text
    ran = f"exec({text!r})"
    return f">>> import contextlib, io\n>>> with contextlib.redirect_stdout(io.StringIO()): {ran}\n"


def _with_port(text: str) -> str:
    """Replace the port of an example, which may be taken, by one that is free."""
    if not _PORT.search(text):
        return text
    with socket.create_server(("127.0.0.1", 0)) as server:
        return _PORT.sub(str(server.getsockname()[1]), text)
