"""`lode search --roster`: a search of the repositories of a roster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.streams import transfer_meter
from codelode.errors import UsageError
from codelode.render.units import count
from codelode.roster.answer import SelectedRepositories, object_cache
from codelode.roster.roster import Roster

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.search.request import SearchRequest
    from codelode.types import Answer


def search_roster(
    request: SearchRequest, roots: Sequence[str], options: argparse.Namespace
) -> tuple[Answer, str]:
    """Search; return the answer and a description of what was searched.

    An agent gets the description in the last line.
    """
    _check(roots, options)
    roster = Roster.open(options.roster)
    meter = transfer_meter(False, "fetching")
    cache = object_cache(options.index_dir, options.cache_size, meter)
    repositories = SelectedRepositories(roster, options.repo, options.label, cache)
    answer = repositories.answer(request)
    number = count(len(repositories.selection), "repository")
    return answer, f"roster: {count(answer.files, 'file')} of {number}"


def _check(roots: Sequence[str], options: argparse.Namespace) -> None:
    """Raise `UsageError` for roots and --open."""
    if roots:
        raise UsageError(f"give either ROOT or --roster, not both: {roots[0]}")
    if options.open is not None:
        raise UsageError("--open needs the files of a tree, which a roster does not have")
