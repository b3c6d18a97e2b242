"""`lode status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import HELP, INDEX_DIR, ROOT, Command, switch

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "status",
    "show what the index of a folder holds, and what has changed since",
    "Show size, model and age of the index of ROOT, and how many files an update would read now."
    " If ROOT is a folder of an indexed tree, show the index of that tree.",
    (ROOT,),
    (
        (
            "options",
            (
                switch("--json", help="one JSON object"),
                INDEX_DIR,
                HELP,
            ),
        ),
    ),
    (("is the index of this folder up to date?", "lode status"),),
    "0 there is an index, 1 there is none, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Describe the index."""
    from codelode.answers.build import no_index
    from codelode.answers.status import absent_object, status_object
    from codelode.cli.streams import print_json, say
    from codelode.cli.views.status import print_status
    from codelode.index import Index

    index = Index.open(options.root, index_dir=options.index_dir)
    if not index.searchable():
        print_json(absent_object(index)) if options.json else say(no_index(index))
        return 1
    status = index.status()
    print_json(status_object(status)) if options.json else print_status(status)
    return 0
