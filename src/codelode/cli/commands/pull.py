"""`lode pull`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import (
    BANDWIDTH,
    HELP,
    INDEX_DIR,
    MODEL,
    QUIET,
    ROOT,
    WAIT,
    Command,
    option,
    size,
    switch,
)

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "pull",
    "use an index that others have pushed",
    "Fetch an index that `lode push` has shared, make it the index of ROOT, and bring it up to date"
    " with the files there. Only segments that are missing are fetched, and only files that differ"
    " are read: in a git worktree, those that are unchanged are known by their blobs. Everything"
    " fetched is checked first; until then, and after any error, the index here stays as it was. An"
    " interrupted pull goes on where it stopped.",
    (
        option("source", metavar="SOURCE", help="the bucket or the folder to pull from"),
        ROOT,
    ),
    (
        (
            "options",
            (
                switch(
                    "--nearest",
                    help="take the push whose commit is closest to the current one in the history"
                    " of git, instead of the last push",
                ),
                option(
                    "--signers",
                    metavar="FILE",
                    help="accept only an index that one of these has signed: a file of allowed"
                    " signers, as for git and ssh-keygen",
                ),
                switch(
                    "--trust-options",
                    help="accept an index that was made with --secrets or --no-ignore, and keep"
                    " these options for its updates",
                ),
                MODEL,
                BANDWIDTH,
                option(
                    "--max-size",
                    metavar="SIZE",
                    type=size,
                    help="fail if more than SIZE would be fetched",
                ),
                WAIT,
                switch("--no-update", help="do not bring the index up to date afterwards"),
                switch("--json", help="one JSON object instead of sentences"),
                INDEX_DIR,
                QUIET,
                HELP,
            ),
        ),
    ),
    (
        ("use the team's index for this checkout", "lode pull ../team-store"),
        ("on a branch", "lode pull --nearest ../team-store"),
    ),
    "0 done, 2 error, 130 interrupted (a later pull goes on)",
)


def run(options: argparse.Namespace) -> int:
    """Pull an index and update it."""
    from codelode import arguments
    from codelode.answers.sharing import pull_index, pull_object, update_pulled
    from codelode.cli.streams import print_json, progress_meter, transfer_meter
    from codelode.cli.views.sharing import print_pull, warn_of_strange_files
    from codelode.index import Index
    from codelode.sharing.pull import PullOptions

    index = Index.open(options.root, index_dir=options.index_dir, model=options.model)
    chosen = PullOptions(
        near=options.nearest,
        bandwidth=options.bandwidth,
        space=options.max_size,
        signers=None if options.signers is None else arguments.expanded(options.signers),
        trust_options=options.trust_options,
        wait=options.wait,
    )
    meter = transfer_meter(options.quiet, "pulling")
    report = pull_index(index, options.source, chosen, meter)
    updated = None
    if not options.no_update:
        known = report.files_known == report.files  # if so, the update needs no progress bar
        updated = update_pulled(index, options.wait, progress_meter(options.quiet or known))
    if options.json:
        print_json(pull_object(report, updated))
    elif not options.quiet:
        print_pull(report, updated)
    if updated is not None:
        warn_of_strange_files(report, updated)
    return 0
