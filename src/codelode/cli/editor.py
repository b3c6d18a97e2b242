"""Open a place in the user's editor, by the editor's own syntax for lines and columns."""

from __future__ import annotations

import os
import re
import shlex
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import IO, TYPE_CHECKING, NamedTuple

from codelode.cli import streams
from codelode.cli.terminal import Links
from codelode.errors import UsageError
from codelode.render.excerpt import split_lines
from codelode.render.paths import from_here
from codelode.render.text import Style, header
from codelode.render.units import count
from codelode.system.open_flags import TERMINAL
from codelode.system.terminals import interrupts_left_to_children

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from codelode.render.paths import GivenRoot
    from codelode.types import Hit

FALLBACK = "vi"
"""The editor where neither VISUAL nor EDITOR is set, as for git and less."""

_PLUS = "+{line}"
_GOTO = "--goto"
_SYNTAX: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("vi vim nvim gvim mvim view ex elvis nvi vile joe jmacs jstar mg mcedit zile", (_PLUS,)),
    ("gedit xed pluma geany bbedit pico less most", (_PLUS,)),
    ("emacs emacsclient micro kak", ("+{line}:{column}",)),
    ("nano rnano ne", ("+{line},{column}",)),
    ("code code-insiders code-oss codium vscodium code-server", (_GOTO, "{file}:{line}:{column}")),
    ("cursor windsurf positron trae kiro antigravity", (_GOTO, "{file}:{line}:{column}")),
    ("hx helix subl sublime_text zed zeditor lapce atom pulsar", ("{file}:{line}:{column}",)),
    (
        "idea pycharm goland webstorm phpstorm rubymine",
        ("--line", "{line}", "--column", "{column}"),
    ),
    ("clion rider rustrover datagrip studio", ("--line", "{line}", "--column", "{column}")),
    ("kate kwrite", ("--line", "{line}", "--column", "{column}")),
    ("mate", ("--line", "{line}:{column}")),
    ("mousepad", ("--line={line}", "--column={column}")),
    ("notepad++", ("-n{line}", "-c{column}")),
)
"""Names of programs, and the arguments by which they open a line; without `{file}` the file comes
last."""

_BY_NAME = {name: arguments for names, arguments in _SYNTAX for name in names.split()}
_COUNT_BYTES = frozenset(("kak",))
"""Editors that count columns in bytes; others count characters."""

_VARIANT = re.compile(r"(?:[.-](?:exe|cmd|sh|basic|tiny|gtk3?|nox|emacs|appimage)|-?\d[\d.]*)\Z")


class Place(NamedTuple):
    """A 1-based place in a file; `column` counts characters, `byte_column` bytes of UTF-8."""

    path: str
    line: int = 1
    column: int = 1
    byte_column: int = 1


def open_hit(
    hits: Sequence[Hit], root: Path, roots: Sequence[GivenRoot], options: argparse.Namespace
) -> int:
    """Print the header of hit number `options.open`, and open the hit. Return the exit code.

    Returns 1 if there are no hits at all. Raises `UsageError` if there are fewer hits, if the file
    of the hit is gone, or if the editor fails.
    """
    if not hits:
        return 1
    if options.open > len(hits):
        raise UsageError(f"there is no hit {options.open}, only {count(len(hits), 'hit')}")
    hit = hits[options.open - 1]
    path = from_here(os.fspath(root / hit.path), roots)
    if hit.deleted:
        raise UsageError(f"{path} is gone since it was indexed")
    color = streams.use_color(options.color, sys.stdout)
    style = Style(color=color, terminal=streams.is_terminal(sys.stdout))
    print(header(replace(hit, path=path), style, Links(options).target(root / hit.path)))
    open_in_editor(place_of(hit, path))
    return 0


def place_of(hit: Hit, path: str) -> Place:
    """Return the place that a hit points at, in the file that `path` names."""
    row = hit.line - hit.start_line
    lines = split_lines(hit.text)
    before = lines[row].encode("utf-8", "replace")[: hit.column - 1] if row < len(lines) else b""
    return Place(path, hit.line, len(before.decode("utf-8", "replace")) + 1, hit.column)


def editor_command(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the user's editor with its arguments, split as a shell would.

    Raises `UsageError` if the variable that names the editor is not a valid command line.
    """
    for name in ("VISUAL", "EDITOR"):
        given = environment.get(name, "").strip()
        if not given:
            continue
        try:
            words = shlex.split(given)
        except ValueError as error:
            raise UsageError(f"cannot read ${name} ({given!r}): {error}") from None
        if words and words[0]:
            return words
    return [FALLBACK]


def arguments_for(editor: str, place: Place) -> list[str]:
    """Return the arguments with which an editor opens a place.

    An unknown editor gets the file alone. A path that begins with `-` or `+` gets `./` in front,
    as it would look like an option.
    """
    name = _name(editor)
    values = _values(place, place.byte_column if name in _COUNT_BYTES else place.column)
    found = [_filled(argument, values) for argument in _BY_NAME.get(name, ())]
    has_file = any("{file}" in argument for argument in _BY_NAME.get(name, ()))
    return found if has_file else [*found, values["{file}"]]


def command_for(editor: list[str], place: Place) -> list[str]:
    """Return the command that opens a place; `{file}` and `{line}` in `editor` are replaced."""
    if any("{file}" in word or "{line}" in word for word in editor):
        return [_filled(word, _values(place, place.column)) for word in editor]
    if _name(editor[0]) not in _BY_NAME:
        streams.say(
            f"how {editor[0]!r} opens a line is not known: put {{file}} and {{line}} in EDITOR"
        )
    return [*editor, *arguments_for(editor[0], place)]


def open_in_editor(place: Place) -> None:
    """Open a place in the user's editor, and wait until the editor ends.

    The editor uses the terminal even if this process has other standard streams. Raises
    `UsageError` if there is no such editor, or if it fails.
    """
    import subprocess

    command = command_for(editor_command(), place)
    sys.stdout.flush()
    with ExitStack() as stack:
        stack.enter_context(interrupts_left_to_children())
        try:
            done = subprocess.run(
                command,
                stdin=_terminal(0, stack),
                stdout=_terminal(1, stack),
                check=False,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(
                f"cannot run the editor {command[0]!r}: {reason} (set VISUAL or EDITOR)"
            ) from None
    if done.returncode:
        raise UsageError(f"the editor {command[0]!r} ended with exit code {done.returncode}")


def _values(place: Place, column: int) -> dict[str, str]:
    file = f"./{place.path}" if place.path.startswith(("-", "+")) else place.path
    return {"{file}": file, "{line}": str(place.line), "{column}": str(column)}


def _filled(argument: str, values: Mapping[str, str]) -> str:
    """Replace the variables in an argument, in one pass, as a path may contain `{line}`."""
    return re.sub(r"\{\w+\}", lambda match: values.get(match[0], match[0]), argument)


def _name(editor: str) -> str:
    """Return the name of an editor without folder and variant: `vim` for `/usr/bin/vim.basic`."""
    name = re.split(r"[/\\]", editor)[-1].lower()
    while name not in _BY_NAME and (shorter := _VARIANT.sub("", name)) not in ("", name):
        name = shorter
    return name


def _terminal(number: int, stack: ExitStack) -> IO[bytes] | None:
    """Open the terminal; return None if stream `number` is a terminal, or if opening fails."""
    if not os.isatty(number):
        with suppress(OSError):
            return stack.enter_context(open(TERMINAL, "r+b" if number else "rb", buffering=0))
    return None
