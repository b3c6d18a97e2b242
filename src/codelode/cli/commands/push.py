"""`lode push`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import (
    BANDWIDTH,
    HELP,
    INDEX_DIR,
    QUIET,
    ROOT,
    WITH_SECRETS,
    Command,
    option,
    switch,
)

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "push",
    "share an index through a bucket or a folder",
    "Copy the index of ROOT to DEST, so that others can `lode pull` it: s3://BUCKET/PATH, gs://,"
    " az://, file:// or a folder that they share. Only segments that are not there are uploaded;"
    " others may push to the same place at the same time. The index contains the text of the files."
    " Buckets need the extra: pip install 'codelode[bucket]'; credentials come from the"
    " environment.",
    (
        option("destination", metavar="DEST", help="the bucket or the folder to push to"),
        ROOT,
    ),
    (
        (
            "options",
            (
                option(
                    "--sign",
                    metavar="KEY",
                    help="sign the index with this SSH key, by ssh-keygen",
                ),
                WITH_SECRETS,
                BANDWIDTH,
                switch("--json", help="one JSON object instead of a sentence"),
                INDEX_DIR,
                QUIET,
                HELP,
            ),
        ),
    ),
    (
        ("index this folder and share its index", "lode index && lode push ../team-store"),
        ("with half a megabyte per second", "lode push --bandwidth 500K ../team-store"),
    ),
    "0 done, 2 error, 130 interrupted (a later push goes on)",
)


def run(options: argparse.Namespace) -> int:
    """Push the index."""
    from codelode import arguments
    from codelode.answers.sharing import push_index, push_object
    from codelode.cli.streams import print_json, transfer_meter
    from codelode.cli.views.sharing import print_push
    from codelode.index import Index
    from codelode.sharing.push import PushOptions

    index = Index.open(options.root, index_dir=options.index_dir)
    chosen = PushOptions(
        bandwidth=options.bandwidth,
        key=None if options.sign is None else arguments.expanded(options.sign),
        secrets=options.with_secrets,
    )
    meter = transfer_meter(options.quiet, "pushing")
    report = push_index(index, options.destination, chosen, meter)
    if options.json:
        print_json(push_object(report))
    elif not options.quiet:
        print_push(report)
    return 0
