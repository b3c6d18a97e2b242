"""`lode remote`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import DRY_RUN, HELP, Command, days, option, positive, switch
from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse

KEPT = 5
ACTIONS = ("list", "gc")

COMMAND = Command(
    "remote",
    "list what was pushed to a bucket or a folder, and remove old pushes",
    "`lode remote list DEST` lists the pushes, the last one first. `lode remote gc DEST` forgets"
    " all but the last pushes of each branch, and deletes the objects that no push names any more."
    " The last push of all stays. Objects stay for a day after they were written or last named, so"
    " that pushes and pulls under way can finish.",
    (
        option("action", metavar="ACTION", choices=ACTIONS, help="list or gc"),
        option("place", metavar="DEST", help="the bucket or the folder"),
    ),
    (
        (
            "gc",
            (
                option(
                    "--keep",
                    metavar="N",
                    type=positive,
                    help=f"keep the last N pushes of each branch (default: {KEPT})",
                ),
                option(
                    "--max-age",
                    metavar="AGE",
                    type=days,
                    help="also forget pushes older than AGE: days, or with a unit (90d, 12w, 3m,"
                    " 1y)",
                ),
                DRY_RUN,
            ),
        ),
        (
            "options",
            (
                switch("--json", help="one JSON object"),
                HELP,
            ),
        ),
    ),
    (
        ("what is there?", "lode remote list ../team-store"),
        ("for a scheduled job", "lode remote gc --keep 3 --max-age 30d ../team-store"),
    ),
    "0 done, 1 nothing was pushed there, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """List pushes, or remove old ones."""
    if options.action == "list":
        if options.keep is not None or options.max_age is not None or options.dry_run:
            raise UsageError("--keep, --max-age and --dry-run are for `lode remote gc`")
        return _list(options.place, options.json)
    from codelode.answers.indexes import DAY_SECONDS
    from codelode.answers.sharing import clean_object, clean_store
    from codelode.cli.streams import print_json
    from codelode.cli.views.sharing import print_clean
    from codelode.sharing.retention import Retention

    older_than = None if options.max_age is None else options.max_age * DAY_SECONDS
    retention = Retention(keep=options.keep or KEPT, older_than=older_than)
    report = clean_store(options.place, retention, options.dry_run)
    if options.json:
        print_json(clean_object(report, options.dry_run))
    else:
        print_clean(report, options.dry_run)
    return 0 if report.pushes else 1


def _list(place: str, as_json: bool) -> int:
    from codelode.answers.sharing import pushes_at, pushes_object
    from codelode.cli.streams import print_json
    from codelode.cli.views.sharing import print_pushes

    pushes = pushes_at(place)
    print_json(pushes_object(place, pushes)) if as_json else print_pushes(pushes)
    return 0 if pushes else 1
