"""Pictures of the command line: what `lode` shows on a pseudo-terminal, drawn as SVG by rich."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from io import StringIO
from itertools import groupby
from pathlib import Path

import pyte
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tests.terminal_screen import on_screen

WIDTH, ROWS = 96, 30
COMMANDS = (
    ["index"],
    ["search", "-k", "2", "call a callback after a delay in the event loop"],
    ["symbols", "call_later"],
)
PICKER_QUERY = "call a callback after a delay"
PICKER_SIZE = 130, 30
LODE = [sys.executable, "-m", "codelode"]
MOVE = re.compile(r"\x1b\[\??\d*[A-Za-ln-z]")
"""A control sequence that is no color."""
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def terminal_picture(tree: Path, environment: dict[str, str]) -> str:
    """Return an SVG of the commands and their output; it needs no external font."""
    console = recording(WIDTH)
    for command in COMMANDS:
        console.print(Text.assemble(("$ ", "bold green"), f"lode {shlex.join(command)}"))
        console.print(Text.from_ansi(on_terminal([*LODE, *command], tree, environment)))
    return drawn(console, "codelode")


def picker_picture(tree: Path, environment: dict[str, str]) -> str:
    """Return an SVG of `lode pick` with the hits of a query and the preview of the second hit."""
    command = [*LODE, "pick", PICKER_QUERY]
    console = recording(PICKER_SIZE[0])
    with on_screen(command, environment, tree, PICKER_SIZE) as screen:
        screen.until_text("enter open", "▸")
        screen.type(b"\x1b[B")
        screen.until(lambda: screen.lines[3].startswith("▌"))
        for row in range(PICKER_SIZE[1]):
            runs = groupby(screen.row(row), style_of)
            texts = [("".join(cell.data for cell in cells), style) for style, cells in runs]
            console.print(Text.assemble(*texts))
        screen.type(b"\x1b")
    return drawn(console, f"lode pick {shlex.quote(PICKER_QUERY)}")


def style_of(cell: pyte.screens.Char) -> Style:
    """Return the style of a cell of a terminal."""
    named = {"default": None, "brown": "yellow", "brightblack": "bright_black"}
    return Style(
        color=named.get(cell.fg, cell.fg),
        bold=cell.bold,
        italic=cell.italics,
        underline=cell.underscore,
        reverse=cell.reverse,
    )


def recording(width: int) -> Console:
    """Return a console that records what is printed."""
    return Console(width=width, record=True, force_terminal=True, file=StringIO())


def drawn(console: Console, title: str) -> str:
    """Return the printed text as an SVG that needs no external font."""
    svg = console.export_svg(title=title, theme=MONOKAI, font_aspect_ratio=0.6)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", FONTS)


def on_terminal(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Run a command on a pseudo-terminal and return the screen's final text with its colors."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=child, stdout=child, stderr=child
    )
    os.close(child)
    printed = bytearray()
    while True:
        try:
            piece = os.read(parent, 1 << 16)
        except OSError:  # the terminal was closed: the process has ended
            break
        if not piece:
            break
        printed += piece
    os.close(parent)
    if process.wait() != 0:
        raise SystemExit(f"{shlex.join(command)} failed:\n{printed.decode()}")
    return screen(printed.decode())


def screen(printed: str) -> str:
    """Return the lines that `printed` leaves on a screen, without sequences for the cursor."""
    lines = [""]
    for piece in re.split(rf"({MOVE.pattern}|\r\n|\r)", printed):
        if piece == "\r\n":
            lines.append("")
        elif piece == "\x1b[1A" and len(lines) > 1:
            lines.pop()
        elif piece in ("\r", "\x1b[2K"):  # the line is overwritten from its start
            lines[-1] = ""
        elif not MOVE.fullmatch(piece):
            lines[-1] += piece
    return "\n".join(lines).strip("\n")
