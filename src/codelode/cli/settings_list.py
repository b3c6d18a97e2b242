"""All settings with their values, sources, flags and defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codelode.answers.unicode import without_surrogates
from codelode.settings.effective import effective
from codelode.settings.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from codelode.cli.options import Command, Option
    from codelode.settings.effective import SettingsFile, Source
    from codelode.settings.keys import Key
    from codelode.settings.variables import Unread

_DEFAULT = re.compile(r"\(default: ([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Listed:
    """A setting as `lode config` lists it. `text` is the value as people read it."""

    key: Key
    value: object
    text: str
    source: Source
    place: str


def listed(root: Path, index_dir: str | None, commands: Sequence[Command]) -> list[Listed]:
    """Return every setting in force for a root. Raises `UsageError` for an invalid file."""
    found = effective(root)
    result = []
    for key in KEYS:
        setting = found.get(key.name)
        if key.flag == "--index-dir" and index_dir is not None:
            result.append(Listed(key, index_dir, index_dir, "flag", key.flag))
        elif setting is None:
            result.append(
                Listed(key, value=None, text=default_of(key, commands), source="default", place="")
            )
        else:
            text = key.kind.to_text(setting.value)
            result.append(Listed(key, setting.value, text, setting.source, setting.place))
    return result


def option_of(key: Key, commands: Iterable[Command]) -> Option | None:
    """Return the flag that overrides a setting; None if there is no such flag."""
    return next(
        (
            option
            for command in commands
            if not key.commands or command.name in key.commands
            for option in command.options()
            if key.flag in option.flags
        ),
        None,
    )


def default_of(key: Key, commands: Iterable[Command]) -> str:
    """Return the default of a setting as people read it; the help of its flag may state it."""
    option = option_of(key, commands)
    if option is None:
        return key.default
    if option.settings.get("action") == "store_true":
        return "false"
    stated = _DEFAULT.search(option.help)
    default = option.settings.get("default")
    return stated[1] if stated else "none" if default is None else str(default)


def settings_object(
    found: Iterable[Listed], files: Iterable[SettingsFile], unread: Iterable[Unread]
) -> dict[str, Any]:
    """Return settings, files and unread variables as a dictionary.

    The value of a setting that is not set is null; its text is the default.
    """
    return {
        "settings": [
            {
                "name": each.key.name,
                "value": each.value,
                "text": without_surrogates(each.text),
                "source": each.source,
                "place": without_surrogates(each.place) or None,
                "variable": each.key.variable,
                "flag": each.key.flag or None,
                "project": each.key.project is not None,
            }
            for each in found
        ],
        "files": [
            {
                "source": file.source,
                "path": without_surrogates(str(file.path)),
                "exists": file.exists,
            }
            for file in files
        ],
        "unread_variables": [
            {"name": without_surrogates(each.name), "nearest": each.nearest or None}
            for each in unread
        ],
    }
