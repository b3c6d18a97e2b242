"""Defaults of flags that come from settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.errors import UsageError
from codelode.settings.effective import effective, export
from codelode.settings.keys import KEYS, WALK

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from codelode.cli.options import Command
    from codelode.settings.keys import Key


def keys_of(command: Command) -> dict[str, Key]:
    """Return the settings that replace omitted flags of a command, keyed by the flag's attribute.

    They do not include the model and the options of the walk: these depend on the index, which
    parsing does not know.
    """
    names = {flag: option.dest for option in command.options() for flag in option.flags}
    later = {f"index.{name}" for name in (*WALK, "model")}
    return {
        names[key.flag]: key
        for key in KEYS
        if key.flag in names
        and (not key.commands or command.name in key.commands)
        and key.name not in later
    }


def fill(
    options: argparse.Namespace,
    keys: Mapping[str, Key],
    defaults: Mapping[str, object],
    start: str | None,
    tolerant: bool,
) -> None:
    """Give each omitted flag, which is None so far, the value of its setting or else its default.

    `start` is the folder or file whose project file counts. Settings that the program reads from
    the environment are exported to it. Raises `UsageError` for an invalid settings file, unless
    `tolerant`: then no settings count.
    """
    of_project = any(key.project for key in keys.values())
    try:
        found = effective(start if of_project else None)
    except UsageError:
        if not tolerant:
            raise
        found = {}
    for name, key in keys.items():
        if getattr(options, name) is None:
            setting = found.get(key.name)
            usable = setting is not None and not key.exported
            setattr(options, name, setting.value if setting and usable else defaults[name])
    export(found)
