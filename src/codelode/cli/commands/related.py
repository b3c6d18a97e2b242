"""`lode related`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.hit_options import (
    HYPERLINKS,
    JSONL,
    NO_PAGER,
    OPEN,
    PAGER,
    VIMGREP,
    json_format,
)
from codelode.cli.many import MANY_REPOSITORIES, is_elsewhere
from codelode.cli.options import (
    COLOR,
    HELP,
    INDEX_DIR,
    NO_INDEX,
    Command,
    limit,
    option,
)

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "related",
    "find code that is similar in meaning to a place",
    "Print the places in other files whose code is most similar in meaning to the code at LINE of"
    " FILE, best first, with the cosine of the two. The index used is that of the nearest folder"
    " around FILE that has one; if none has, one is built first.",
    (option("place", metavar="FILE:LINE", help="a line of a file of an indexed tree"),),
    (
        ("which places", (limit(10), NO_INDEX, INDEX_DIR)),
        MANY_REPOSITORIES,
        (
            "output",
            (
                json_format("one JSON object with all hits"),
                JSONL,
                VIMGREP,
                OPEN,
                COLOR,
                HYPERLINKS,
                PAGER,
                NO_PAGER,
                HELP,
            ),
        ),
    ),
    (
        ("is there code like this elsewhere?", "lode related src/retry.py:9"),
        ("as a list of places for an editor", "lode related src/retry.py:9 --vimgrep"),
    ),
    "0 something was found, 1 nothing was found, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Print the places that are similar to a line of a file, or open one of them."""
    import os

    from codelode.answers.indexed_file import index_of_file
    from codelode.cli.advice import check_open
    from codelode.cli.streams import progress_meter, say
    from codelode.cli.terminal import Links
    from codelode.cli.views.related import print_related
    from codelode.errors import UsageError
    from codelode.render.paths import GivenRoot

    file, _, line = options.place.rpartition(":")
    if not file or not line.isdecimal() or not 1 <= int(line) < 1 << 31:
        raise UsageError(f"{options.place!r} is not FILE:LINE, such as src/retry.py:9")
    check_open(options)
    Links(options)  # refuses a bad format before anything is done
    limit = max(options.limit or 10, options.open or 1)
    if is_elsewhere(options):
        return _elsewhere(file, int(line), limit, options)
    index, path = index_of_file(
        file, options.index_dir, not options.no_index, progress_meter(), say
    )
    hits = index.related(path, int(line), limit)
    root = GivenRoot(os.path.relpath(index.root), os.fspath(index.root))
    if options.open is not None:
        from codelode.cli.editor import open_hit

        return open_hit(hits, index.root, [root], options)
    print_related(hits, (path, int(line)), root, options)
    return 0 if hits else 1


def _elsewhere(path: str, line: int, limit: int, options: argparse.Namespace) -> int:
    """Print the similar places in the repositories of a roster or server."""
    from codelode.cli.repositories import open_repositories, refuse_open
    from codelode.cli.views.related import print_related
    from codelode.render.paths import GivenRoot

    refuse_open(options)
    repositories = open_repositories(options)
    options.hyperlink_format = None
    hits = repositories.related(path, line, limit)
    print_related(hits, (path, line), GivenRoot("", repositories.place), options)
    return 0 if hits else 1
