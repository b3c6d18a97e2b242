"""`lode search --roster`: a search of the repositories of a roster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.advice import explain_quotes
from codelode.cli.streams import transfer_meter
from codelode.cli.terminal import paged
from codelode.cli.views.hits import print_answer, shown_hits, shown_whole
from codelode.errors import UsageError
from codelode.roster.answer import SelectedRepositories, object_cache
from codelode.roster.roster import Roster

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.search.request import SearchRequest


def search_roster(
    request: SearchRequest,
    terms: Sequence[str],
    roots: Sequence[str],
    options: argparse.Namespace,
) -> int:
    """Search, print the hits, and return the exit code. Paths begin with names of repositories."""
    _check(roots, options)
    roster = Roster.open(options.roster)
    meter = transfer_meter(False, "fetching")
    cache = object_cache(options.index_dir, options.cache_size, meter)
    repositories = SelectedRepositories(roster, options.repo, options.label, cache)
    answer = repositories.answer(request)
    whole = shown_whole(answer)
    with paged(options):
        if options.format == "agent":
            from codelode.cli.views.agent_page import print_page

            print_page(answer, whole, [_state(repositories)], terms, options)
        else:
            print_answer(answer, whole, terms, options)
    if not answer.hits:
        explain_quotes(request.query)
    return 0 if shown_hits(answer, options) else 1


def _check(roots: Sequence[str], options: argparse.Namespace) -> None:
    """Raise `UsageError` for roots and --open; drop other options that need the files of a tree."""
    if roots:
        raise UsageError(f"give either ROOT or --roster, not both: {roots[0]}")
    if options.open is not None:
        raise UsageError("--open needs the files of a tree, which a roster does not have")
    options.context, options.hyperlink_format = 0, None  # these too; they may come from settings


def _state(repositories: SelectedRepositories) -> str:
    """Return the state of the repositories, for the last line of an answer to an agent."""
    from codelode.render.units import count

    selection = repositories.selection
    number = count(len(selection), "repository")
    return f"roster: {count(selection.files, 'file')} of {number}"
