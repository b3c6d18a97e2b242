"""The output of `lode agent`: differences, whole files, and which clients have codelode."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.agents.clients import SERVER
from codelode.agents.install import Target, config_path, is_installed
from codelode.cli import streams
from codelode.render.ansi import GREEN, RED, paint
from codelode.render.sanitize import visible_name, visible_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codelode.agents.clients import Client
    from codelode.agents.install import Change


def print_diff(changes: Sequence[Change]) -> None:
    """Print every change as a unified diff."""
    color = streams.use_color("auto", sys.stdout)
    for change in changes:
        name = visible_name(str(change.path))
        lines = difflib.unified_diff(
            (change.old or "").splitlines(),
            (change.new or "").splitlines(),
            name if change.old is not None else "(no file)",
            name if change.new is not None else "(no file)",
            lineterm="",
        )
        for line in lines:
            shown = visible_text(line)
            code = GREEN if line.startswith("+") else RED if line.startswith("-") else None
            print(paint(shown, code) if color and code else shown)
    sys.stdout.flush()


def print_files(changes: Sequence[Change]) -> None:
    """Print the new text of every file."""
    for change in changes:
        print(f"# {visible_name(str(change.path))}")
        print("(no file)" if change.new is None else visible_lines(change.new))


def say_done(changes: Sequence[Change], clients: Sequence[Client], server: bool) -> None:
    """Say which files were changed, and that the clients must be restarted.

    With `server`, also say how each client lists its servers.
    """
    for verb, removed in (("wrote", False), ("removed", True)):
        paths = [_from_here(each.path) for each in changes if (each.new is None) == removed]
        if paths:
            streams.say(f"{verb} {', '.join(paths)}")
    titles = ", ".join(each.title for each in clients)
    then = ""
    if server:
        named = f"{clients[0].check} shows" if len(clients) == 1 else ""
        listed = named or ", ".join(f"{each.check} ({each.title})" for each in clients) + " show"
        then = f"; then {listed} whether {SERVER!r} is connected"
    streams.say(f"to make it count, restart {titles}{then}")


def _from_here(path: Path) -> str:
    """Return a path as people see it: relative if it is below the current folder."""
    here = Path.cwd()
    return visible_name(str(path.relative_to(here) if path.is_relative_to(here) else path))


def visible_lines(text: str) -> str:
    """Return a text of several lines, made safe for a terminal."""
    return "\n".join(visible_text(line) for line in text.splitlines())


def print_clients(clients: Iterable[Client], project: Path) -> int:
    """Print each client, with its configuration files that have codelode.

    Returns 1 if no client has codelode, else 0.
    """
    found = False
    for client in clients:
        targets = [Target("project", project), Target("user", project)]
        paths = [config_path(client, target) for target in targets if is_installed(client, target)]
        found = found or bool(paths)
        where = ", ".join(visible_name(str(path)) for path in paths) or "-"
        print(f"{client.name:12} {where}")
    return 0 if found else 1
