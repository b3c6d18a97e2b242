"""`lode status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import HELP, INDEX_DIR, ROOT, Command, switch

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "status",
    "show what the index of a folder holds, and what has changed since",
    "Show size, model and age of the index of ROOT, and how many files an update would read now.",
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
    import sys
    from dataclasses import asdict

    from codelode.cli import streams
    from codelode.cli.messages import no_index
    from codelode.cli.views.status import print_status
    from codelode.index import Index
    from codelode.render.json import dumps, replaced

    index = Index.open(options.root, index_dir=options.index_dir)
    if not index.exists():
        if options.json:
            root, directory = replaced(str(index.root)), replaced(str(index.directory))
            print(dumps({"root": root, "directory": directory, "exists": False}))
        else:
            streams.say(no_index(index.root))
        return 1
    status = index.status()
    if options.json:
        fields = {**asdict(status), "exists": True}
        fields["root"], fields["directory"] = replaced(status.root), replaced(status.directory)
        print(dumps(fields, streams.is_terminal(sys.stdout)))
    else:
        print_status(status)
    return 0
