"""The command `lode clean`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from codelode.cli.options import DRY_RUN, HELP, INDEX_DIR, YES, Command, days, option, switch
from codelode.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.store.catalog import IndexEntry


COMMAND = Command(
    "clean",
    "remove indexes",
    "Remove the index of ROOT, or all indexes that fit the given conditions, and report the space"
    " freed. --all removes the segments that were fetched from rosters too. ROOT need not exist any"
    " more. Sources are never touched; a later search or `lode index` builds the index again.",
    (
        option(
            "root",
            nargs="?",
            metavar="ROOT",
            help="the folder whose index to remove (default: the current folder, unless a condition"
            " is given)",
        ),
    ),
    (
        (
            "conditions",
            (
                switch("--orphans", help="indexes whose root no longer exists"),
                option(
                    "--older-than",
                    metavar="AGE",
                    type=days,
                    help="indexes last used longer than AGE ago: days, or with a unit (90d, 12w,"
                    " 3m, 1y)",
                ),
                switch(
                    "--fetched",
                    help="no index, but the segments that were fetched from rosters; a later"
                    " search fetches those that it needs again",
                ),
                switch(
                    "--all",
                    help="every index in the index folder, and the segments that were fetched",
                ),
            ),
        ),
        (
            "options",
            (
                DRY_RUN,
                YES,
                switch("--json", help="one JSON object with what was removed"),
                INDEX_DIR,
                HELP,
            ),
        ),
    ),
    (
        ("remove the index of this folder", "lode clean --yes"),
        ("what is left of deleted checkouts?", "lode clean --orphans --dry-run"),
        ("make room: remove what was fetched from rosters", "lode clean --fetched --yes"),
        ("for a cron job", "lode clean --orphans --older-than 30d --yes"),
    ),
    "0 done, 1 ROOT has no index or the answer was no, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Remove the chosen indexes; ask first, unless --yes is given."""
    from codelode.answers.indexes import fetched_segments, removal_object, remove_indexes
    from codelode.cli.streams import print_json, say
    from codelode.cli.views.indexes import print_removal

    chosen = _chosen(options)
    cache = fetched_segments(options.index_dir) if options.fetched or options.all else None
    fetched = cache.size() if cache else 0
    missing = 0 if chosen or _conditions(options) else 1
    if options.dry_run:
        _print_plan(chosen, fetched, options)
        return missing
    if not chosen and not fetched and not options.json:
        say(_nothing(options))
        return missing
    if (chosen or fetched) and not options.yes and not _confirmed(chosen, fetched):
        return 1
    removal = remove_indexes(chosen)
    if cache:
        removal.fetched_bytes = cache.clear()
        removal.freed_bytes += removal.fetched_bytes
    print_json(removal_object(removal, dry_run=False)) if options.json else print_removal(removal)
    return 2 if removal.busy else missing


def _print_plan(chosen: list[IndexEntry], fetched: int, options: argparse.Namespace) -> None:
    """Print the indexes, and the size of the fetched segments, that would be removed."""
    from codelode.answers.indexes import Removal, removal_object
    from codelode.cli.streams import print_json, say
    from codelode.cli.views.indexes import print_indexes
    from codelode.render.units import size

    if options.json:
        total = sum(each.size for each in chosen) + fetched
        planned = Removal(removed=chosen, freed_bytes=total, fetched_bytes=fetched)
        print_json(removal_object(planned, dry_run=True))
        return
    if chosen:
        print_indexes(chosen, {})
    if fetched:
        print(f"{size(fetched):>9}  fetched segments of rosters")
    if chosen or fetched:
        print(f"would remove {_named(chosen, fetched)}")
    else:
        say(_nothing(options))


def _nothing(options: argparse.Namespace) -> str:
    """Return the message that there is nothing to remove."""
    return "there is nothing to remove" if options.fetched else "there is no index to remove"


def _confirmed(chosen: Sequence[IndexEntry], fetched: int) -> bool:
    """Ask whether to remove indexes and `fetched` bytes of fetched segments; return the reply."""
    from codelode.cli.streams import confirm

    return confirm(f"remove {_named(chosen, fetched)}")


def _named(chosen: Sequence[IndexEntry], fetched: int) -> str:
    """Describe indexes and `fetched` bytes of fetched segments in a few words."""
    from codelode.render.units import count, size

    what = []
    if chosen:
        total = sum(each.size for each in chosen)
        names = ", ".join(each.root or str(each.directory) for each in chosen[:3])
        more = f" and {len(chosen) - 3:,} more" if len(chosen) > 3 else ""
        what.append(f"{count(len(chosen), 'index')} ({size(total)}): {names}{more}")
    if fetched:
        what.append(f"{size(fetched)} of fetched segments")
    return "; and ".join(what)


def _conditions(options: argparse.Namespace) -> bool:
    given = options.orphans or options.all or options.fetched
    return given or options.older_than is not None


def _chosen(options: argparse.Namespace) -> list[IndexEntry]:
    """Return the indexes to remove. Raises `UsageError` if both root and conditions are given."""
    from codelode.answers.indexes import index_of, listed, selected

    if not _conditions(options):
        return index_of("." if options.root is None else options.root, options.index_dir)
    if options.root is not None:
        raise UsageError("give either ROOT or --orphans, --older-than, --fetched and --all")
    if options.fetched and not (options.orphans or options.all or options.older_than is not None):
        return []
    return selected(listed(options.index_dir), options.orphans, options.older_than)
