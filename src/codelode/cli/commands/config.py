"""The command `lode config`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.arguments import refusal
from codelode.cli.options import HELP, INDEX_DIR, Command, option, switch
from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from codelode.cli.settings_list import Listed

COMMAND = Command(
    "config",
    "show the settings in force and where each comes from; set them",
    "Show every setting with its value and its source: the project's codelode.toml (or the table"
    " tool.codelode of its pyproject.toml), the user's config.toml, an environment variable, a"
    " flag. A later source overrides an earlier one. `lode config set KEY VALUE` writes a setting"
    " into the user's file, or with --project into the project's file of the current folder;"
    " `lode config unset KEY` removes it. Comments in the file stay. docs/configuration.md"
    " describes the files.",
    (
        option(
            "key",
            nargs="?",
            metavar="KEY",
            help="a setting, such as search.limit, or the settings below a word, such as search"
            " (default: all); or set or unset",
        ),
        option(
            "arguments",
            nargs="*",
            metavar="KEY|VALUE|ROOT",
            help="the folder to show the settings of (default: the current one); after set, KEY"
            " and VALUE; after unset, KEY",
        ),
    ),
    (
        (
            "options",
            (
                switch("--set", help="only settings that differ from the default"),
                switch("--json", help="one JSON object with all settings and files"),
                switch("--project", help="set or unset in the project's file"),
                INDEX_DIR,
                HELP,
            ),
        ),
    ),
    (
        ("which settings apply in this folder?", "lode config"),
        ("which ones did somebody set, and where?", "lode config --set"),
        ("what does a setting do, and where does its value come from?", "lode config pager"),
        ("print 20 hits from now on", "lode config set search.limit 20"),
        ("20 hits for all who work here", "lode config set --project search.limit 20"),
    ),
    "0 done, 1 the setting to unset is not set, 2 error, such as an unknown setting",
)


def run(options: argparse.Namespace) -> int:
    """List the settings, or change one."""
    if options.key in ("set", "unset"):
        return _change(options)
    if options.project:
        raise UsageError("--project means nothing without set or unset")
    if len(options.arguments) > 1:
        raise UsageError("expected: lode config [KEY] [ROOT], or lode config set KEY VALUE")
    return _show(options)


def _show(options: argparse.Namespace) -> int:
    """List the settings."""
    from codelode.cli.commands import load_all
    from codelode.cli.settings_list import listed, settings_object
    from codelode.cli.streams import print_json
    from codelode.cli.views.config import print_setting, print_settings
    from codelode.settings.effective import all_settings, settings_files
    from codelode.settings.variables import unread_variables
    from codelode.store.locate import real_root

    key, given = _key_and_root(options.key or "", *options.arguments)
    root = real_root(given)
    found = [each for each in listed(root, options.index_dir, load_all()) if _fits(each, key)]
    if options.set:
        found = [each for each in found if each.source != "default"]
    files = settings_files(root)
    if options.json:
        print_json(settings_object(found, files, unread_variables()))
        return 0
    if found and found[0].key.name == key:
        print_setting(found[0], [each for each in all_settings(root) if each.key.name == key])
    else:
        print_settings(found, files)
    return 0


def _change(options: argparse.Namespace) -> int:
    """Set a setting, or remove it; say what overrides it."""
    from codelode.cli.streams import say
    from codelode.cli.views.config import print_change
    from codelode.settings.change import change
    from codelode.settings.effective import effective
    from codelode.settings.keys import BY_NAME

    given = options.arguments
    if options.key == "set" and len(given) == 1:
        given = given[0].split("=", 1)
    if len(given) != (2 if options.key == "set" else 1):
        value = " VALUE" if options.key == "set" else ""
        raise UsageError(f"expected: lode config {options.key} KEY{value}")
    name, text = given[0], given[1] if options.key == "set" else None
    if name not in BY_NAME:
        raise _unknown(name)
    project = Path.cwd() if options.project else None
    effective(project)  # refuses invalid files and variables before anything is changed
    path, changed = change(BY_NAME[name], text, project)
    if text is None and not changed:
        say(f"{name} is not set in {path}")
        return 1
    print_change(name, text, path)
    setting = effective(project).get(name)
    if name == "pager" and setting is not None and isinstance(setting.value, str):
        _say_missing_pager(setting.value)
    if setting is not None and setting.place != str(path):
        say(f"{setting.place} {'sets' if text is None else 'overrides'} it")
    return 0


def _say_missing_pager(command: str) -> None:
    """Warn if this machine cannot run a pager's command: the setting may be for another machine."""
    from codelode.cli.pager import missing_program
    from codelode.cli.streams import say

    try:
        program = missing_program(command)
    except UsageError as error:
        say(str(error))
        return
    if program:
        say(f"set, but this machine has no program {program!r}: pages cannot be shown with it")


def _key_and_root(given: str, root: str = ".") -> tuple[str, str]:
    """Return the setting to show ("" for all) and the root; `given` alone may be either.

    Raises `UsageError` for an unknown setting, for a missing folder, and for a setting with a
    value: the command only lists settings.
    """
    from codelode.settings.advice import to_type
    from codelode.settings.keys import BY_NAME

    key, equals, value = given.partition("=")
    value = value if equals else root
    if key in BY_NAME and (equals or not os.path.exists(value)):  # noqa: PTH110 (raises nothing)
        if message := to_type(BY_NAME[key], value):
            raise UsageError(message)
        if equals:
            raise refusal(key, BY_NAME[key].kind.wanted, value)
    if not given or key in BY_NAME or any(name.startswith(f"{given}.") for name in BY_NAME):
        return given, root
    if root == "." and os.path.isdir(given):  # noqa: PTH112 (raises nothing)
        return "", given
    if "/" in given:
        raise UsageError(f"no such folder: {given}")
    raise _unknown(key)


def _unknown(name: str) -> UsageError:
    """Return the error that a setting is unknown: it may be a flag that has no setting."""
    from codelode.cli.commands import load_all
    from codelode.settings.advice import unknown_setting
    from codelode.settings.keys import KEYS

    table, _, last = name.rpartition(".")
    having = [
        command.name
        for command in load_all()
        if any(f"--{last}" in option.flags for option in command.options())
    ]
    if not having or any(key.flag == f"--{last}" for key in KEYS):
        return UsageError(unknown_setting(name))
    first = table if table in having else having[0]
    return UsageError(f"{name!r} is no setting, only a flag: `lode {first} --{last}`")


def _fits(each: Listed, key: str) -> bool:
    """Return whether a setting is named `key` or lies below it; "" fits every setting."""
    return not key or each.key.name == key or each.key.name.startswith(f"{key}.")
