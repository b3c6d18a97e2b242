"""The command `lode config`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from codelode.arguments import refusal
from codelode.cli.options import HELP, INDEX_DIR, ROOT, Command, option, switch
from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from codelode.cli.settings_list import Listed

COMMAND = Command(
    "config",
    "show the settings in force and where each comes from",
    "Show every setting with its value and its source: the project's codelode.toml (or the table"
    " tool.codelode of its pyproject.toml), the user's config.toml, an environment variable, a"
    " flag. A later source overrides an earlier one. docs/configuration.md describes the files.",
    (
        option(
            "key",
            nargs="?",
            metavar="KEY",
            help="a setting, such as search.limit, or the settings below a word, such as search"
            " (default: all)",
        ),
        ROOT,
    ),
    (
        (
            "options",
            (
                switch("--set", help="only settings that differ from the default"),
                switch("--json", help="one JSON object with all settings and files"),
                INDEX_DIR,
                HELP,
            ),
        ),
    ),
    (
        ("which settings apply in this folder?", "lode config"),
        ("which ones did somebody set, and where?", "lode config --set"),
        ("what does a setting do, and where does its value come from?", "lode config pager"),
    ),
    "0 done, 2 error, such as an unknown setting",
)


def run(options: argparse.Namespace) -> int:
    """List the settings."""
    from codelode.cli.commands import load_all
    from codelode.cli.settings_list import listed, settings_object
    from codelode.cli.streams import print_json
    from codelode.cli.views.config import print_setting, print_settings
    from codelode.settings.effective import all_settings, settings_files
    from codelode.settings.variables import unread_variables
    from codelode.store.locate import real_root

    key, given = _key_and_root(options)
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


def _key_and_root(options: argparse.Namespace) -> tuple[str, str]:
    """Return the setting to show, "" for all, and the root. A single argument may be either.

    Raises `UsageError` for an unknown setting, for a missing folder, and for a value of a setting:
    the command only lists settings.
    """
    from codelode.settings.advice import to_write, unknown_setting
    from codelode.settings.keys import BY_NAME

    given = options.key or ""
    key, equals, value = given.partition("=")
    value = value if equals else options.root
    if key in BY_NAME and (equals or not Path(value).exists()):
        if message := to_write(BY_NAME[key], value):
            raise UsageError(message)
        if equals:
            raise refusal(key, BY_NAME[key].kind.wanted, value)
    if not given or key in BY_NAME or any(name.startswith(f"{given}.") for name in BY_NAME):
        return given, options.root
    if options.root == "." and Path(options.key).is_dir():
        return "", options.key
    if "/" in options.key:
        raise UsageError(f"no such folder: {options.key}")
    raise UsageError(unknown_setting(key))


def _fits(each: Listed, key: str) -> bool:
    """Return whether a setting is the one named `key`, or below it."""
    return not key or each.key.name == key or each.key.name.startswith(f"{key}.")
