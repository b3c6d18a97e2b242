"""Draw the pictures of the README from the real program: the command line and the page.

The terminal is `lode` on a pseudo-terminal; rich draws its output as SVG. The page is a screenshot
of `lode serve` in headless Chromium (Debian: apt-get install chromium) with Playwright (make
test-browser). Both search a copy of the standard library of the Python that runs this.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

WIDTH, ROWS = 96, 30
COMMANDS = (
    ["index"],
    ["search", "-k", "2", "call a callback after a delay in the event loop"],
    ["symbols", "call_later"],
)
FIRST_PAGE_QUERY = "warm"
PAGE_QUERY = "parse an ini configuration file"
LEFT_OUT = shutil.ignore_patterns(
    "site-packages", "dist-packages", "__pycache__", "lib-dynload", "config-*", "test"
)
LODE = [sys.executable, "-m", "codelode"]
MOVE = re.compile(r"\x1b\[\??\d*[A-Za-ln-z]")
"""A control sequence that is no color."""
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def main() -> None:
    """Draw both pictures into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="the folder")
    out = parser.parse_args().out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lode-pictures-") as folder:
        tree = Path(folder) / "python"
        shutil.copytree(sysconfig.get_path("stdlib"), tree, symlinks=True, ignore=LEFT_OUT)
        environment = os.environ | {
            "LODE_INDEX_DIR": f"{folder}/index",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "COLUMNS": str(WIDTH),
            "LINES": str(ROWS),
        }
        environment.pop("NO_COLOR", None)
        (out / "terminal.svg").write_text(terminal_picture(tree, environment), "utf-8")
        (out / "page.png").write_bytes(page_picture(tree, environment))


def terminal_picture(tree: Path, environment: dict[str, str]) -> str:
    """Return an SVG of the commands and their output that refers to no external font."""
    console = Console(width=WIDTH, record=True, force_terminal=True, file=StringIO())
    for command in COMMANDS:
        console.print(Text.assemble(("$ ", "bold green"), f"lode {shlex.join(command)}"))
        console.print(Text.from_ansi(on_terminal([*LODE, *command], tree, environment)))
    drawn = console.export_svg(title="codelode", theme=MONOKAI, font_aspect_ratio=0.6)
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    return drawn.replace("Fira Code, monospace", FONTS)


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
    """Return the lines that are left on a screen, without the sequences that move its cursor."""
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


def page_picture(tree: Path, environment: dict[str, str]) -> bytes:
    """Return a screenshot of the page with the hits of a query, as PNG."""
    from playwright.sync_api import sync_playwright

    server = subprocess.Popen(
        [*LODE, "serve", "--port", "0"],
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout
        url = next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
        with sync_playwright() as started:
            browser = started.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": 1200, "height": 760}, color_scheme="dark")
            page.goto(f"{url}?q={FIRST_PAGE_QUERY}")  # warm-up: loads the model, compiles
            page.wait_for_selector("mark")
            page.goto(url)
            page.keyboard.type(PAGE_QUERY, delay=20)  # the field has the focus
            page.wait_for_selector("mark")
            page.wait_for_timeout(500)
            picture: bytes = page.screenshot()
            browser.close()
        return picture
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
