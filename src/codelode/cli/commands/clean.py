"""The command `lode clean`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from codelode.cli.options import ALL, DRY_RUN, HELP, INDEX_DIR, YES, Command, days, option, switch
from codelode.errors import UsageError

if TYPE_CHECKING:
    from codelode.store.catalog import IndexEntry


COMMAND = Command(
    "clean",
    "remove indexes",
    "Remove the index of ROOT, or all indexes that fit the given conditions, and report the space"
    " freed. ROOT need not exist any more. Sources are never touched; a later search or `lode"
    " index` builds the index again.",
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
                ALL,
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
        ("for a cron job", "lode clean --orphans --older-than 30d --yes"),
    ),
    "0 done, 1 ROOT has no index or the answer was no, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Remove the chosen indexes; ask first, unless --yes is given."""
    from codelode.answers.indexes import Removal, removal_object, remove_indexes
    from codelode.cli.streams import confirm, print_json, say
    from codelode.cli.views.indexes import print_indexes, print_removal
    from codelode.render.units import count, size

    chosen = _chosen(options)
    total = sum(each.size for each in chosen)
    missing = 0 if chosen or _conditions(options) else 1
    if options.dry_run:
        removal = Removal(removed=chosen, freed_bytes=total)
        if options.json:
            print_json(removal_object(removal, dry_run=True))
        elif chosen:
            print_indexes(chosen)
        return missing
    if not chosen and not options.json:
        say("there is no index to remove")
        return missing
    if chosen and not options.yes:
        names = ", ".join(each.root or str(each.directory) for each in chosen[:3])
        more = f" and {len(chosen) - 3:,} more" if len(chosen) > 3 else ""
        action = f"remove {count(len(chosen), 'index')} ({size(total)}): {names}{more}"
        if not confirm(action):
            return 1
    removal = remove_indexes(chosen)
    if options.json:
        print_json(removal_object(removal, dry_run=False))
    else:
        print_removal(removal)
    return 2 if removal.busy else missing


def _conditions(options: argparse.Namespace) -> bool:
    return options.orphans or options.all or options.older_than is not None


def _chosen(options: argparse.Namespace) -> list[IndexEntry]:
    """Return the indexes to remove. Raises `UsageError` for conditions together with a root."""
    from codelode.answers.indexes import index_of, listed, selected

    if not _conditions(options):
        return index_of("." if options.root is None else options.root, options.index_dir)
    if options.root is not None:
        raise UsageError("give either ROOT or --orphans, --older-than and --all")
    return selected(listed(options.index_dir), options.orphans, options.older_than)
