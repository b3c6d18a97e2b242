"""The output of `lode agent`: differences, whole files, and which clients have codelode."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

from codelode.agents.install import Target, config_path, is_installed
from codelode.cli import streams
from codelode.render.ansi import GREEN, RED, paint
from codelode.render.sanitize import visible_name, visible_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

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
