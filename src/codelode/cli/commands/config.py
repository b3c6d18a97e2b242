"""The command `lode config`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import HELP, INDEX_DIR, ROOT, Command, switch

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "config",
    "show the settings in force and where each comes from",
    "Show every setting with its value and its source: the project's codelode.toml (or the table"
    " tool.codelode of its pyproject.toml), the user's config.toml, an environment variable, a"
    " flag. A later source overrides an earlier one. docs/configuration.md describes the files.",
    (ROOT,),
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
    ),
    "0 done, 2 error, such as an unknown setting",
)


def run(options: argparse.Namespace) -> int:
    """List the settings."""
    from codelode.cli.commands import load_all
    from codelode.cli.settings_list import listed, settings_object
    from codelode.cli.streams import print_json, say
    from codelode.cli.views.config import print_settings
    from codelode.settings.effective import settings_files
    from codelode.settings.variables import unread_variables
    from codelode.store.locate import real_root

    root = real_root(options.root)
    found = listed(root, options.index_dir, load_all())
    if options.set:
        found = [each for each in found if each.source != "default"]
    files = settings_files(root)
    if options.json:
        print_json(settings_object(found, files, unread_variables()))
        return 0
    print_settings(found, files)
    for name, nearest in unread_variables():
        say(f"nothing reads the variable {name}{f': did you mean {nearest}?' if nearest else ''}")
    return 0
