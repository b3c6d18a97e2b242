"""Plan and make the changes to files that install codelode in clients, or remove it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from codelode.agents import instructions, jsonc, toml_text
from codelode.agents.clients import CLIENTS, Client, Scope
from codelode.agents.journal import Edit, Journal
from codelode.errors import UsageError
from codelode.system.files import replace_file


@dataclass(frozen=True, slots=True)
class Target:
    """What to install, and where: the scope and the project's folder.

    `command` starts the server. `shell` asks for instructions for an agent that has only a shell,
    without a server.
    """

    scope: Scope
    project: Path
    command: tuple[str, ...] = ("lode", "mcp")
    shell: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A change to a file; None stands for a missing file. `edit` tells how to undo the change."""

    path: Path
    old: str | None
    new: str | None
    edit: Edit | None


class _Syntax(Protocol):
    def get(self, text: str, path: Sequence[str]) -> Any: ...
    def put(self, text: str, path: Sequence[str], new: Mapping[str, Any]) -> str: ...
    def remove(self, text: str, path: Sequence[str]) -> str: ...


def installation(clients: Sequence[Client], target: Target, journal: Journal) -> list[Change]:
    """Return the changes, not yet made, that install codelode in some clients.

    Raises `UsageError` for a configuration that cannot be read or edited.
    """
    changes: dict[Path, Change] = {}
    for client in clients:
        if not target.shell:
            path = _config(client, target)
            current = _read(path)
            entry = client.entry(target.command)
            if _entry(client, path, current) != entry:
                base = _original(path, current, journal)
                new = _edited(path, client, base or "", entry)
                changes[path] = _change(path, current, base, new, journal)
        for path, front in _instruction_files(client, target):
            current = _read(path)
            base = _original(path, current, journal)
            new = instructions.with_block(base or front, target.shell)
            if new != current:
                changes[path] = _change(path, current, base, new, journal)
    return list(changes.values())


def removal(clients: Sequence[Client], target: Target, journal: Journal) -> list[Change]:
    """Return the changes that remove codelode from some clients. Raises what `installation` raises.

    Instructions that another client also reads stay while that client has the server.
    """
    changes: dict[Path, Change] = {}
    others = [each for each in CLIENTS if each not in clients and is_installed(each, target)]
    kept = {path for other in others for path, _ in _instruction_files(other, target)}
    for client in clients:
        path = _config(client, target)
        current = _read(path)
        if current is not None and _entry(client, path, current) is not None:
            new = _undone(path, current, journal)
            if new is None or _entry(client, path, new) == client.entry(target.command):
                new = _syntax(path).remove(current, client.key)
            changes[path] = _removal(path, current, new, journal)
        for path, _ in _instruction_files(client, target):
            current = _read(path)
            if path in kept or current is None or not instructions.has_block(current):
                continue
            new = _undone(path, current, journal)
            if new is None or instructions.has_block(new):
                new = instructions.without_block(current)
            changes[path] = _removal(path, current, new, journal)
    return list(changes.values())


def is_installed(client: Client, target: Target) -> bool:
    """Return whether a client's configuration has an entry for codelode's server."""
    path = _config(client, target)
    try:
        return _entry(client, path, _read(path)) is not None
    except UsageError:
        return False


def config_path(client: Client, target: Target) -> Path:
    """Return the path of the configuration of a client for a target."""
    return _config(client, target)


def apply(changes: Sequence[Change], journal: Journal) -> None:
    """Make the changes: write or remove the files. Raises `OSError`."""
    for change in changes:
        if change.new is not None:
            change.path.parent.mkdir(parents=True, exist_ok=True)
            # The journal is written first, so that every edit can be undone.
            journal.put(change.path, change.edit)
            replace_file(change.path, change.new)
            continue
        edit = journal.get(change.path)
        change.path.unlink()
        for folder in list(change.path.parents)[: edit.folders if edit else 0]:
            with contextlib.suppress(OSError):  # a folder that is not empty stays
                folder.rmdir()
        journal.put(change.path, None)


def _config(client: Client, target: Target) -> Path:
    return client.path(client.files(target.scope).config, target.scope, target.project)


def _instruction_files(client: Client, target: Target) -> list[tuple[Path, str]]:
    """Return a client's instruction files, each with the text that a new file begins with."""
    files = client.files(target.scope)
    named = [(files.rules, ""), (files.own, files.front)]
    return [
        (client.path(name, target.scope, target.project), front) for name, front in named if name
    ]


def _syntax(path: Path) -> _Syntax:
    return toml_text if path.suffix == ".toml" else jsonc


def _entry(client: Client, path: Path, text: str | None) -> Any:
    if text is None:
        return None
    with _naming(path):
        return _syntax(path).get(text, client.key)


def _edited(path: Path, client: Client, text: str, entry: Mapping[str, Any]) -> str:
    with _naming(path):
        return _syntax(path).put(text, client.key, entry)


@contextlib.contextmanager
def _naming(path: Path) -> Any:
    """Name the file in each `UsageError` of the block, and advise adding the entry by hand."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{path}: {error}; add the entry by hand (--print shows it)") from None


def _read(path: Path) -> str | None:
    """Return the text of a file, or None if it is missing. Raises `UsageError`."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None


def _original(path: Path, current: str | None, journal: Journal) -> str | None:
    """Return the text as it was before codelode's edit, or None if the file did not exist.

    Returns `current` if there was no edit, or if the edit cannot be undone.
    """
    edit = journal.get(path)
    undone = edit.undone(current) if edit and current is not None else None
    if edit is None or undone is None:
        return current
    return None if edit.created and not undone else undone


def _undone(path: Path, current: str, journal: Journal) -> str | None:
    edit = journal.get(path)
    return edit.undone(current) if edit else None


def _change(
    path: Path, current: str | None, base: str | None, new: str, journal: Journal
) -> Change:
    edit = Edit.between(base, new)
    if base is None:
        earlier = journal.get(path)
        missing = sum(not folder.exists() for folder in path.parents)
        edit = replace(edit, folders=earlier.folders if earlier and current else missing)
    return Change(path, current, new, edit)


def _removal(path: Path, current: str, new: str, journal: Journal) -> Change:
    edit = journal.get(path)
    gone = edit is not None and edit.created and not new.strip()
    return Change(path, current, None if gone else new, None)


def command_for(program: str) -> tuple[str, ...]:
    """Return the command that starts the server.

    It begins with `lode` if that is on the PATH. Otherwise, it begins with Python and the module
    `codelode` if the program is a `__main__.py`, else with the real path of the program.
    """
    import shutil

    if shutil.which("lode"):
        return ("lode", "mcp")
    if program.endswith("__main__.py"):
        return (sys.executable, "-m", "codelode", "mcp")
    return (os.path.realpath(program), "mcp")
