"""The options of `lode search` for many repositories, and the searches that they select."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import CACHE_SIZE, LABEL, REPO, option, switch

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.search.request import SearchRequest

MANY_REPOSITORIES = (
    "many repositories",
    (
        option(
            "--roster",
            metavar="PLACE",
            help="instead of ROOT, search the repositories of the roster in PLACE, a folder or a"
            " URL (see `lode roster`)",
        ),
        option(
            "--server",
            metavar="URL",
            help="instead of ROOT, let the server at URL search (see `lode cluster`); the token"
            " that it may require is in LODE_SERVE_TOKEN",
        ),
        REPO,
        LABEL,
        CACHE_SIZE,
        switch(
            "--strict", help="with --server, fail if some of the repositories cannot be searched"
        ),
    ),
)


def search_elsewhere(
    request: SearchRequest,
    terms: Sequence[str],
    roots: Sequence[str],
    options: argparse.Namespace,
) -> int:
    """Search a roster or let a server search; print the hits, and return the exit code.

    Paths begin with names of repositories. Options that need the files of a tree are dropped: they
    may come from settings.
    """
    from codelode.cli.advice import explain_quotes
    from codelode.cli.terminal import paged
    from codelode.cli.views.hits import print_answer, shown_hits, shown_whole

    if options.server is not None:
        from codelode.cli.server_search import search_server as search
    else:
        from codelode.cli.roster_search import search_roster as search
    answer, state = search(request, roots, options)
    options.context, options.hyperlink_format = 0, None
    with paged(options):
        print_answer(answer, shown_whole(answer), lambda: [state], terms, options)
    if not answer.hits:
        explain_quotes(request.query)
    return 0 if shown_hits(answer, options) else 1
