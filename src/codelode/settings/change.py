"""Write a setting into a settings file, or remove it from one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.arguments import refusal
from codelode.errors import UsageError
from codelode.settings import files
from codelode.settings.advice import lines_of, not_in_a_project
from codelode.settings.toml_edit import edited
from codelode.system.files import replace_file

if TYPE_CHECKING:
    from codelode.settings.keys import Key


def change(key: Key, text: str | None, project: Path | None = None) -> tuple[Path, bool]:
    """Set a setting in the user's file, or the file of folder `project`; `text=None` removes it.

    `text` is the value as an environment variable would have it. Returns the file, and whether it
    has changed. Raises `UsageError` for an invalid value or file, for a setting that a project file
    may not have, and for a file that cannot be written or edited safely.
    """
    kind = key.kind if project is None else key.project
    if kind is None:
        raise UsageError(not_in_a_project(key))
    value = None if text is None else kind.from_text(text)
    if text is not None:
        try:
            kind.check(value)
        except ValueError:
            raise refusal(key.name, kind.wanted, text) from None
    path, table = _user_file() if project is None else _project_file(project)
    names = (*table, *key.name.split("."))
    before = path.read_bytes().decode() if path.exists() else ""
    literal = None if text is None else json.dumps(value, ensure_ascii=False)
    after = edited(before, names, literal)
    if after is None or len(after.encode()) > _most_bytes(path):
        remedy = "remove it there" if literal is None else f"put {lines_of(names, literal)} there"
        raise UsageError(f"{path} cannot be edited safely: {remedy} yourself")
    if after != before:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, after)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
    return path, after != before


def _most_bytes(path: Path) -> int:
    return files.MAX_PYPROJECT_BYTES if path.name == files.PYPROJECT else files.MAX_BYTES


def _user_file() -> tuple[Path, tuple[str, ...]]:
    """Return the user's file, after checking it, and (): no table encloses its settings."""
    path = files.user_file()
    if path is None:
        raise UsageError("there is no folder for your settings: set HOME or XDG_CONFIG_HOME")
    files.read_user()
    return path, ()


def _project_file(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Return the project file of a folder, after checking it, and the path of its table."""
    found = files.read_project(folder)
    path = files.project_place(folder) if found is None else found[0]
    return path, ("tool", "codelode") if path.name == files.PYPROJECT else ()
