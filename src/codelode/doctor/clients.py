"""Findings about coding agents: which ones know codelode."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.agents.clients import CLIENTS
from codelode.agents.install import Target, config_path, is_installed
from codelode.doctor.diagnosis import Diagnosis
from codelode.doctor.extras import install, missing_packages
from codelode.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def clients(project: Path) -> Iterator[Diagnosis]:
    """Yield findings about the clients, for a project and for the user."""
    names: list[str] = []
    ours: list[str] = []
    for client in CLIENTS:
        for target in (Target("project", project), Target("user", project)):
            try:
                path = config_path(client, target)
            except UsageError:  # a user without a home folder
                continue
            if not is_installed(client, target):
                continue
            names.append(f"{client.name} ({target.scope})")
            program = _program(path, client.key)
            found = shutil.which(program) if program else None
            if found is None or _is_of_this_installation(found):
                ours.append(names[-1])
            if program and found is None:
                yield Diagnosis(
                    "agents",
                    "problem",
                    f"{path} starts {program}, which does not exist",
                    f"lode agent install {client.name}"
                    + (" --user" if target.scope == "user" else ""),
                )
    lacking = missing_packages("mcp")
    if ours and lacking:
        text = f"{', '.join(ours)}: `lode mcp` cannot start without {', '.join(lacking)}"
        yield Diagnosis("agents", "problem", text, install("mcp"))
    if names:
        yield Diagnosis("agents", "ok", f"installed in {', '.join(names)}")
    else:
        yield Diagnosis(
            "agents", "note", "installed in none", "lode agent install CLIENT, to use one"
        )


def _is_of_this_installation(program: str) -> bool:
    """Return whether a program, or the file that it links to, is in the running Python's folder."""
    real = Path(program).resolve()
    return Path(sys.executable).parent.resolve() in (Path(program).parent.resolve(), real.parent)


def _program(path: Path, key: tuple[str, ...]) -> str:
    """Return the program that a JSON configuration starts; empty if that cannot be read."""
    try:
        entry = json.loads(path.read_text("utf-8"))
        for name in key:
            entry = entry[name]
        command = entry["command"]
        return str(command[0] if isinstance(command, list) else command)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return ""
