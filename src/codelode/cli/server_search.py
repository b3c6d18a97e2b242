"""`lode search --server`: a search answered by the front of a cluster."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from codelode.cli.advice import explain_quotes
from codelode.cli.terminal import paged
from codelode.cli.views.hits import print_answer, shown_hits, shown_whole
from codelode.cluster.addresses import Wanted
from codelode.cluster.client import ask_server
from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.search.request import SearchRequest


def search_server(
    request: SearchRequest,
    terms: Sequence[str],
    roots: Sequence[str],
    options: argparse.Namespace,
) -> int:
    """Search, print the hits, and return the exit code. Paths begin with names of repositories."""
    _check(roots, options)
    token = os.environ.get("LODE_SERVE_TOKEN", "")
    answer = ask_server(options.server, Wanted(request, options.repo, options.strict), token)
    with paged(options):
        if options.format == "agent":
            from codelode.cli.views.agent_page import print_page

            print_page(answer, shown_whole(answer), [f"server: {options.server}"], terms, options)
        else:
            print_answer(answer, shown_whole(answer), terms, options)
    if not answer.hits:
        explain_quotes(request.query)
    return 0 if shown_hits(answer, options) else 1


def _check(roots: Sequence[str], options: argparse.Namespace) -> None:
    """Raise `UsageError` for ROOT, --roster, --label and --open; drop options that need a tree."""
    if roots or options.roster is not None:
        raise UsageError("give only one of ROOT, --roster and --server")
    if options.label:
        raise UsageError("--label is for --roster: the server knows the labels of its clients")
    if options.open is not None:
        raise UsageError("--open needs the files of a tree, which a server does not have")
    options.context, options.hyperlink_format = 0, None  # these too; they may come from settings
