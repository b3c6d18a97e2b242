"""`lode pick` on real terminals."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from codelode.cli.commands import load
from codelode.cli.live_search import Found, LiveSearch, Picked
from codelode.cli.parser import parse
from codelode.cli.pick_screen import hit_line, preview
from codelode.cli.picker import Picker
from codelode.render.paths import GivenRoot
from codelode.render.sanitize import width
from codelode.several import SeveralRoots
from codelode.types import Hit
from tests.commandline import LODE, CommandLine, indexed_sample, without, write_tree
from tests.terminal_screen import TerminalScreen, on_screen
from tests.test_cli_open import recorder

UP, DOWN, ENTER, ESCAPE, CTRL_Y, CTRL_C, CTRL_U = (
    *(b"\x1b[A", b"\x1b[B", b"\r", b"\x1b", b"\x19", b"\x03", b"\x15"),
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path]:
    """Return a small tree and its index. No test changes them."""
    return indexed_sample(tmp_path_factory.mktemp("pick"))


def selected(screen: TerminalScreen) -> str:
    return next((line for line in screen.lines if line.startswith("▌ ")), "").split("│")[0].strip()


def test_type_select_and_open(sample: tuple[CommandLine, Path], tmp_path: Path) -> None:
    lode, root = sample
    editor, record = recorder(tmp_path)
    environment = lode.environment(EDITOR=str(editor))
    with on_screen([*LODE, "pick", "retry"], environment, root, (130, 30)) as screen:
        screen.until(lambda: "retry.py:" in selected(screen))
        first = selected(screen)
        screen.until_text("> retry", "3 hits", "enter open", "│", "▸")
        screen.type(DOWN)
        screen.until(lambda: selected(screen) not in ("", first))
        screen.type(UP)
        screen.until(lambda: selected(screen) == first)
        screen.type(CTRL_U)
        screen.until_text("type to search")
        screen.type(b"parseConfig")
        screen.until_text("> parseConfig", "▌ src/config.ts:2", "parseConfig (function)")
        screen.until_text("▸export function parseConfig")
        screen.type(ENTER)
    assert screen.code == 0
    ran = json.loads(record.read_text())
    assert ran["arguments"] == ["+2", "src/config.ts"]
    assert ran["terminals"] == [True, True]


def test_print_the_place_and_leave(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    for keys, code, shown in (
        (CTRL_Y, 0, r"src/config\.ts:2"),
        (ESCAPE, 1, ""),
        (CTRL_C, 1, ""),
    ):
        with on_screen([*LODE, "pick", "parseConfig"], lode.environment(), root) as screen:
            screen.until(lambda: "src/config.ts:2" in selected(screen))
            screen.type(keys)
        assert screen.code == code
        printed = screen.text.strip().splitlines()[-1]
        assert re.fullmatch(shown, printed) if shown else ":2" not in printed


def test_the_place_goes_to_a_pipe(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    reader, writer = os.pipe()
    command = [*LODE, "pick", "parseConfig", str(root), "-t", "ts"]
    with on_screen(command, lode.environment(), lode.home, (80, 24), writer) as screen:
        os.close(writer)
        screen.until(lambda: "config.ts:2" in selected(screen))
        screen.type(ENTER)
    assert screen.code == 0
    with open(reader, encoding="utf-8") as output:
        assert output.read() == f"{root}/src/config.ts:2\n"


@pytest.mark.parametrize("size", [(60, 24), (80, 24), (120, 40), (200, 50), (40, 8), (20, 4)])
def test_any_size(sample: tuple[CommandLine, Path], size: tuple[int, int]) -> None:
    lode, root = sample
    with on_screen([*LODE, "pick", "retry", root], lode.environment(), root.parent, size) as screen:
        screen.until(lambda: selected(screen) or size[1] < 5)
        if size[1] >= 24:
            screen.until(lambda: "▸" in screen.text)
        if size[0] >= 120:
            assert "│" in screen.text
        screen.type(ESCAPE)
    assert screen.code == 1


def test_hostile_names_and_texts(lode: CommandLine, tmp_path: Path) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\u202e\x9b31m"
    names = [f"{hostile}.py", "two\nlines.py", os.fsdecode(b"caf\xe9.py"), "漢字" * 30 + ".py"]
    files = dict.fromkeys(names, f"def backoff():\n    '''{hostile}'''\n".encode())
    root = write_tree(tmp_path / "tree", {**files})
    lode("index", root).must_succeed()
    with on_screen([*LODE, "pick", "backoff"], lode.environment(), root) as screen:
        screen.until_text(r"\x1b]0;owned\x07", r"two\nlines.py", r"caf\xe9.py", "字.py")
        screen.until_text("> backoff", "4 hits", "enter open")
        screen.type(ESCAPE)
    assert screen.code == 1


def test_nothing_is_found_and_bad_queries(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    with on_screen([*LODE, "pick", "--lexical"], lode.environment(), root) as screen:
        screen.type(b"xyzzyplugh")
        screen.until_text("nothing found")
        screen.type(CTRL_U + b"!!")
        screen.until(lambda: "nothing found" not in screen.text)
        screen.type(CTRL_U + b"\x1b[200~pasted\nretry\x1b[201~")
        screen.until_text("> pasted retry", "▌ ")
        screen.type(ESCAPE)
    assert screen.code == 1


def test_a_numbered_list_where_no_screen_can_be_drawn(
    sample: tuple[CommandLine, Path], tmp_path: Path
) -> None:
    lode, root = sample
    editor, record = recorder(tmp_path)
    shown = lode.on_terminal(
        "pick", "parseConfig", cwd=root, TERM="dumb", EDITOR=str(editor), reply=(b"leave", b"1\n")
    )
    assert shown.code == 0
    assert re.search(r"^ ?1  src/config\.ts:2  parseConfig \(function\)$", shown.text, re.MULTILINE)
    assert json.loads(record.read_text())["arguments"] == ["+2", "src/config.ts"]
    printed = lode("pick", "parseConfig", cwd=root, TERM="dumb", given=b"77\nx\n1\n")
    assert (printed.code, printed.text) == (0, "src/config.ts:2\n")
    assert printed.message.count("is not a number from 1 to") == 2
    asked = lode("pick", cwd=root, TERM="dumb", given=b"parseConfig\np1\n")
    assert asked.text == "src/config.ts:2\n"
    for nothing in (b"", b"parseConfig\n\n"):
        assert lode("pick", cwd=root, TERM="dumb", given=nothing).code == 1


def test_without_the_extra_there_is_a_list(
    sample: tuple[CommandLine, Path], tmp_path: Path
) -> None:
    lode, root = sample
    path = without("prompt_toolkit", tmp_path / "without")
    shown = lode.on_terminal(
        "pick", "parseConfig", cwd=root, PYTHONPATH=path, reply=(b"leave", b"p1\n")
    )
    assert "pip install 'codelode[pick]'" in shown.text
    assert shown.text.endswith("src/config.ts:2\n")


def test_bad_arguments_are_refused(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    lode("pick", "x", tree, "--since", "soon").must_be_refused("is not a date")
    lode("pick", "x", "nowhere").must_be_refused("no such file or folder")
    lode("pick", "x", tree, "-t", "pyhton").must_be_refused("did you mean python")


@pytest.mark.parametrize("columns", [20, 38, 60, 100])
@pytest.mark.parametrize("path", ["a.py", "deep/" * 30 + "漢字.py", "x\x1b\n.py"])
@pytest.mark.parametrize("symbol", [None, "f", "Long" * 30])
def test_lines_fit(columns: int, path: str, symbol: str | None) -> None:
    hit = Hit(path, 1234, 1, 2, 1.0, "x", None, symbol, symbol and "function", stale=True)
    text = "".join(text for _, text in hit_line(hit, "/r", [GivenRoot(".", "/r")], columns))
    assert width(text) <= columns
    assert text.isprintable()
    assert path.rpartition("/")[2][-3:] in text


def test_the_preview_shows_the_line_of_the_hit(tmp_path: Path) -> None:
    text = "".join(f"line_{n} = 'retry'\n" for n in range(1, 101))
    (tmp_path / "a.py").write_text(text)
    lines = text.splitlines(keepends=True)
    hit = Hit("a.py", 50, 45, 55, 1.0, "".join(lines[44:55]), "python")
    for rows in (1, 5, 30, 200):
        shown = "".join(t for _, t in preview(hit, tmp_path, ("retry",), rows, 60)).splitlines()
        assert len(shown) <= rows
        assert sum("▸" in line for line in shown) == 1
        assert "50▸line_50 = 'retry'" in "\n".join(shown)


class Moving(tuple[Hit, ...]):
    """Hits whose `len` first calls `replace`, as a thread may replace them at that moment."""

    replace: Callable[[], None] = staticmethod(lambda: None)

    def __len__(self) -> int:
        self.replace()
        return super().__len__()


def test_hits_that_arrive_while_the_screen_is_drawn_wait(
    sample: tuple[CommandLine, Path], lode: CommandLine
) -> None:
    _, root = sample
    options = parse(load("pick"), ["retry", str(root)])
    with create_pipe_input() as keys:
        output = Vt100_Output(io.StringIO(), lambda: Size(24, 80))
        live = LiveSearch(SeveralRoots([str(root)], str(lode.cache)), 10, options)
        picker = Picker(live, "retry", output)
        application: Application[Picked | None] = Application(
            layout=picker.layout(), input=keys, output=output, before_render=picker.take
        )
        picker.application = application
        hit = Hit("src/retry.py", 1, 1, 1, 1.0, "x = 1", "python")
        hits = Moving([hit])
        hits.replace = lambda: picker.show(Found("other", str(root)))
        picker.show(Found("retry", str(root), hits))
        picker.take(application)
        assert picker._shown_preview()
        assert picker._list()
        picker.take(application)
        assert not picker._shown_preview()


def test_an_error_in_a_search_ends_the_picker(
    sample: tuple[CommandLine, Path], tmp_path: Path
) -> None:
    lode, root = sample
    write_tree(
        tmp_path,
        {
            "sitecustomize.py": "import codelode.several as s\n\n\ndef fail(*_, **__):\n"
            "    raise RuntimeError('out of order')\n\n\ns.SeveralRoots.answer = fail\n"
        },
    )
    environment = lode.environment(PYTHONPATH=str(tmp_path))
    with on_screen([*LODE, "pick", "retry"], environment, root) as screen:
        pass
    assert screen.code == 1
    assert "RuntimeError: out of order" in screen.text
