"""The command `lode list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import HELP, INDEX_DIR, Command, switch

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "list",
    "list all indexes on this machine",
    "List the indexes in the index folder, the one used last first: size, files, age of the last"
    " update and of the last search, and the root, marked if it no longer exists, or if the index"
    " of a folder around it covers it too.",
    (),
    (
        (
            "options",
            (
                switch("--json", help="one JSON object with all indexes"),
                switch("--roots", help="only the roots that exist, one per line"),
                INDEX_DIR,
                HELP,
            ),
        ),
    ),
    (("which indexes are there, and how large are they?", "lode list"),),
    "0 there are indexes, 1 there are none, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """List the indexes."""
    from codelode.answers.indexes import covering, list_object, listed
    from codelode.cli.streams import print_json, say
    from codelode.cli.views.indexes import print_indexes, print_roots
    from codelode.store.locate import index_folder

    found = listed(options.index_dir)
    if options.json:
        print_json(list_object(found, covering(found, options.index_dir)))
    elif options.roots:
        print_roots(found)
    elif found:
        print_indexes(found, covering(found, options.index_dir))
    else:
        say(f"no indexes in {index_folder(options.index_dir)}")
    return 0 if found else 1
