"""The command `lode man`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.cli.options import HELP, Command, option

if TYPE_CHECKING:
    import argparse

_SECONDS = 10
"""How long `man` may take to say where a page is."""

COMMAND = Command(
    "man",
    "show a manual page, or write all of them",
    "Show the manual page of COMMAND, or of lode itself, by man(1); where standard output is no"
    " terminal, print its source. With --to, write all pages to a folder: `man lode-search` finds"
    " those in ~/.local/share/man/man1.",
    (option("command", nargs="?", metavar="COMMAND", help="the command (default: lode itself)"),),
    (
        (
            "options",
            (
                option("--to", metavar="DIR", help="write lode.1, lode-search.1 and so on to DIR"),
                HELP,
            ),
        ),
    ),
    (
        ("read the manual of a search", "lode man search"),
        ("install all pages for this user", "lode man --to ~/.local/share/man/man1"),
    ),
    "0 done, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Show a page, or write all of them."""
    from codelode import arguments
    from codelode.cli.commands import find, load_all
    from codelode.cli.manual import pages
    from codelode.cli.streams import is_terminal, say
    from codelode.errors import UsageError

    made = pages(load_all())
    if options.to is None:
        name = f"lode-{find(options.command).name}.1" if options.command else "lode.1"
        if not (is_terminal(sys.stdout) and _shown_by_man(made[name])):
            print(made[name], end="")
        return 0
    if options.command:
        raise UsageError("--to writes all pages: leave out COMMAND")
    folder = arguments.expanded(options.to)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")
    print(f"{len(made)} pages in {folder}")
    sys.stdout.flush()
    if advice := _advice(folder.absolute()):
        say(advice)
    return 0


def _shown_by_man(page: str) -> bool:
    """Show a page by `man`, which uses a pager; return False if that does not work here."""
    import subprocess

    from codelode.system.terminals import interrupts_left_to_children

    with interrupts_left_to_children():
        try:
            done = subprocess.run(["man", "-l", "-"], input=page.encode(), check=False)
        except OSError:
            return False
    return done.returncode == 0


def _advice(folder: Path) -> str:
    """Return advice on reading the pages in a folder; empty if `man lode` finds them."""
    import shlex
    import shutil
    import subprocess

    if folder.name != "man1":
        return f"`man -l {shlex.quote(f'{folder}/lode.1')}` shows one"
    if shutil.which("man") is None:
        return "there is no `man` here: `lode help COMMAND` says the same"
    try:
        found = subprocess.run(
            ["man", "-w", "lode"], capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if os.fsencode(folder) in found.stdout:
        return ""
    places = shlex.quote(f"{folder.parent}:") + '"$MANPATH"'
    return f"`man` does not look there yet: add `export MANPATH={places}` to your shell's profile"
