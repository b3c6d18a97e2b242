"""The flags that name a roster or a server instead of ROOT, and searches with these flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import CACHE_SIZE, LABEL, REPO, option, switch
from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.search.request import SearchRequest

ROSTER = option(
    "--roster",
    metavar="PLACE",
    help="instead of ROOT, use the repositories of the roster in PLACE, a folder or a URL (see"
    " `lode roster`); paths begin with the name of a repository",
)
SERVER = option(
    "--server",
    metavar="URL",
    help="instead of ROOT, ask the server at URL (see `lode cluster`); the token that it may"
    " require is in LODE_SERVE_TOKEN",
)
ELSEWHERE = (ROSTER, SERVER, REPO, LABEL, CACHE_SIZE)
"""The flags that say which repositories to use, wherever they are."""

MANY_REPOSITORIES = ("many repositories", ELSEWHERE)
"""The group of these flags in the help of a command."""

STRICT = switch(
    "--strict", help="with --server, fail if some of the repositories cannot be searched"
)


def is_elsewhere(options: argparse.Namespace) -> bool:
    """Return whether the options name a roster or a server.

    Raises `UsageError` if they name neither, but select repositories.
    """
    if options.roster is not None or options.server is not None:
        return True
    if options.repo or options.label:
        raise UsageError("-r and --label select repositories of a --roster: name it too")
    return False


def search_elsewhere(
    request: SearchRequest,
    terms: Sequence[str],
    roots: Sequence[str],
    options: argparse.Namespace,
) -> int:
    """Search a roster or let a server search; print the hits, and return the exit code.

    Paths begin with names of repositories. Options that need the files of a tree are ignored, not
    refused: they may come from settings.
    """
    from codelode.cli.advice import explain_case, explain_quotes
    from codelode.cli.repositories import explain_names, open_repositories, refuse_open, state_of
    from codelode.cli.terminal import paged
    from codelode.cli.views.hits import print_answer, say_notes, shown_hits, shown_whole

    refuse_open(options)
    repositories = open_repositories(options, *roots)
    answer = repositories.answer(request)
    options.context, options.hyperlink_format = 0, None
    with paged(options):
        states = lambda: [state_of(repositories, answer)]  # noqa: E731
        print_answer(answer, shown_whole(answer), states, terms, options)
    say_notes(answer, shown_whole(answer), options)
    if not answer.hits:
        explain_quotes(request.query)
        explain_case(request, repositories.answer)
    explain_names(request.query, answer, repositories)
    return 0 if shown_hits(answer, options) else 1
