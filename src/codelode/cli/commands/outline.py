"""`lode outline`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.hit_options import HYPERLINKS, NO_PAGER, PAGER
from codelode.cli.many import MANY_REPOSITORIES, is_elsewhere
from codelode.cli.options import COLOR, HELP, INDEX_DIR, NO_INDEX, Command, option, switch

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "outline",
    "show the definitions of a file as a tree",
    "Show line, kind and name of every definition in FILE, in its order, indented by the"
    " definitions around it. The index used is that of the nearest folder around FILE that has"
    " one; if none has, one is built first.",
    (option("file", metavar="FILE", help="a file of an indexed tree"),),
    (
        (
            "options",
            (
                switch("--json", help="one JSON object with the definitions"),
                NO_INDEX,
                INDEX_DIR,
                COLOR,
                HYPERLINKS,
                PAGER,
                NO_PAGER,
                HELP,
            ),
        ),
        MANY_REPOSITORIES,
    ),
    (("what is in this file?", "lode outline src/retry.py"),),
    "0 the file has definitions, 1 it has none, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Print the outline of a file."""
    import os

    from codelode.answers.indexed_file import index_of_file
    from codelode.answers.symbols import outline_object
    from codelode.cli.streams import print_json, progress_meter, say
    from codelode.cli.terminal import Links, paged
    from codelode.cli.views.symbols import print_outline

    Links(options)  # refuses a bad format before anything is done
    if is_elsewhere(options):
        from codelode.cli.repositories import open_repositories

        repositories = open_repositories(options)
        options.hyperlink_format = None
        root, path = repositories.place, options.file
        outline = repositories.outline(path)
    else:
        index, path = index_of_file(
            options.file, options.index_dir, not options.no_index, progress_meter(), say
        )
        root, outline = os.fspath(index.root), index.outline(path)
    with paged(options):
        if options.json:
            print_json(outline_object(root, path, outline))
        else:
            print_outline(outline, root, options)
    return 0 if outline else 1
