"""Merge the settings of all sources: the environment over the user's file over the project's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from codelode.arguments import refusal
from codelode.errors import UsageError
from codelode.settings import files
from codelode.settings.advice import not_in_a_project, unknown_setting, unknown_table
from codelode.settings.keys import BY_NAME, KEYS, WALK, Key
from codelode.settings.values import Kind

Source = Literal["project", "user", "environment", "flag", "default"]


_EXPORTED: dict[str, str] = {}
"""The environment variables that `export` has set in this process, with their values."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value of a setting and where it comes from: `place` is a file, a variable or a flag."""

    key: Key
    value: object
    source: Source
    place: str


def effective(start: str | os.PathLike[str] | None) -> dict[str, Setting]:
    """Return the settings that are set, by name.

    `start` is the folder or file whose project file counts; with None, no project file does.
    Raises `UsageError` for an invalid file or variable.
    """
    return {each.key.name: each for each in all_settings(start)}


def all_settings(start: str | os.PathLike[str] | None) -> Iterator[Setting]:
    """Yield the settings of all sources, by rising precedence; `start` is as in `effective`.

    Raises what `effective` does.
    """
    project = None if start is None else files.read_project(start)
    if project is not None:
        path, table = project
        yield from _of_file(table, path, "project")
    table = files.read_user() or {}
    user = files.user_file()
    if table and user is not None:
        yield from _of_file(table, user, "user")
    yield from _of_environment()


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The place of a settings file; the file need not exist."""

    source: Source
    path: Path
    exists: bool


def settings_files(start: str | os.PathLike[str]) -> list[SettingsFile]:
    """Return the project's and the user's settings file, in the order of rising precedence.

    `start` is a folder or file of the project. Raises `UsageError` for invalid project settings.
    """
    project = files.read_project(start)
    path = files.project_place(start) if project is None else project[0]
    found = [SettingsFile("project", path, project is not None)]
    user = files.user_file()
    if user is not None:
        found.append(SettingsFile("user", user, user.exists()))
    return found


def export(found: Mapping[str, Setting]) -> None:
    """Set the environment variables of settings whose key has `exported`.

    This process and its children read them.
    """
    for setting in found.values():
        if setting.key.exported:
            value, variable = setting.value, setting.key.variable
            text = str(int(value) if isinstance(value, bool) else value)
            if setting.source != "environment":
                _EXPORTED[variable] = text
            os.environ[variable] = text


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """The settings for building an index, as keywords of `Index.update` and `Index.open`."""

    walk: dict[str, Any]
    """Which files to index, as keywords of `Index.plan`."""
    processes: dict[str, Any]
    """`jobs` and `max_memory`, where they are set."""
    model: str | None

    @classmethod
    def of(cls, root: Path) -> Self:
        """Return the settings that are set for the index of a root.

        Raises `UsageError` for an invalid file or variable.
        """
        found = effective(root)

        def keywords(*names: str) -> dict[str, Any]:
            return {
                name.replace("-", "_"): found[f"index.{name}"].value
                for name in names
                if f"index.{name}" in found
            }

        model = found.get("index.model")
        return cls(
            walk=keywords(*WALK),
            processes=keywords("jobs", "max-memory"),
            model=None if model is None else str(model.value),
        )


def _of_environment() -> Iterator[Setting]:
    for key in KEYS:
        text = os.environ.get(key.variable)
        if text and _EXPORTED.get(key.variable) != text:
            value = _checked(key.kind, key.kind.from_text(text), key.variable)
            yield Setting(key, value, "environment", key.variable)


def _of_file(table: Mapping[str, object], path: Path, source: Source) -> Iterator[Setting]:
    for name, raw in _flattened(table, ""):
        key = BY_NAME.get(name)
        if key is None:
            message = unknown_table(name, path) if isinstance(raw, dict) else ""
            raise UsageError(f"{path}: {message or unknown_setting(name)}")
        kind = key.project if source == "project" else key.kind
        if kind is None:
            raise UsageError(f"{path}: {not_in_a_project(key)}")
        yield Setting(key, _checked(kind, raw, f"{path}: {name}"), source, str(path))


def _flattened(table: Mapping[str, object], above: str) -> Iterator[tuple[str, object]]:
    """Yield the settings of nested tables with their dotted names, which begin with `above`."""
    for word, value in table.items():
        name = f"{above}{word}"
        inner = f"{name}."
        if isinstance(value, dict) and any(known.startswith(inner) for known in BY_NAME):
            yield from _flattened(value, inner)
        else:
            yield name, value


def _checked(kind: Kind, raw: object, place: str) -> object:
    try:
        return kind.check(raw)
    except ValueError:
        raise refusal(place, kind.wanted, raw) from None
