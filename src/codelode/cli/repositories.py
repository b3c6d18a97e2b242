"""The repositories that `--roster` and `--server` name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from codelode.errors import UsageError
from codelode.render.units import count

if TYPE_CHECKING:
    import argparse

    from codelode.roster.repositories import Repositories
    from codelode.types import Answer


def open_repositories(
    options: argparse.Namespace, *roots: str, quiet: bool = False
) -> Repositories:
    """Return the repositories of the roster or of the server that `options` name.

    `roots` are the values given as ROOT. Unless `quiet`, a terminal shows what is fetched. Raises
    `UsageError` if the options contradict each other, and whatever `Roster.open` raises.
    """
    given = [*filter(None, (options.roster, options.server)), *roots]
    if len(given) > 1:
        raise UsageError(f"give only one of ROOT, --roster and --server: {given[0]} or {given[1]}")
    if options.server is None:
        from codelode.cli.streams import transfer_meter
        from codelode.roster.answer import object_cache
        from codelode.roster.followed import FollowedRoster
        from codelode.roster.roster import Roster

        meter = transfer_meter(quiet, "fetching")
        cache = object_cache(options.index_dir, options.cache_size, meter)
        return FollowedRoster(Roster.open(options.roster), options.repo, options.label, cache)
    if options.label:
        raise UsageError("--label is for --roster: the server knows the labels of its clients")
    from codelode.cluster.client import ServerRepositories

    token, strict = os.environ.get("LODE_SERVE_TOKEN", ""), vars(options).get("strict", False)
    return ServerRepositories(options.server, token, options.repo, strict)


def repositories_to_serve(options: argparse.Namespace) -> Repositories:
    """Return the repositories that the options name, for a server to show.

    Raises what `open_repositories` raises, `UsageError` if there is no repository to show, and
    `ClusterError` if a server does not answer.
    """
    repositories = open_repositories(options, *options.roots, quiet=True)
    if not repositories.totals():
        which = f" that matches {' or '.join(map(repr, options.repo))}" if options.repo else ""
        raise UsageError(f"{repositories.place} has no repository{which}")
    return repositories


def refuse_open(options: argparse.Namespace) -> None:
    """Raise `UsageError` for --open: there are no files to open."""
    if options.open is not None:
        where = "a server" if options.server is not None else "a roster"
        raise UsageError(f"--open needs the files of a tree, which {where} does not have")


def explain_names(query: str, answer: Answer, repositories: Repositories) -> None:
    """Say how to search the repositories that a query names, if the answer has no hit in them."""
    from codelode.cli.streams import say
    from codelode.roster.repositories import named_without_hits

    for name in named_without_hits(query, answer, repositories):
        say(f"{name} is a repository without a hit here: add `-r {name}` to search only there")


def state_of(repositories: Repositories, answer: Answer) -> str:
    """Describe what was searched, for the last line of an answer to an agent."""
    if repositories.place.startswith(("http://", "https://")):
        return f"server: {repositories.place}"
    number = count(len(repositories.totals()), "repository")
    return f"roster: {count(answer.files, 'file')} of {number}"
