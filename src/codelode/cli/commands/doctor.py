"""The command `lode doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import HELP, INDEX_DIR, ROOT, Command, switch

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "doctor",
    "look for problems, and say how to mend each",
    "Check the installation (packages, model, grammars, extras), the settings, the index of ROOT,"
    " the limits of watching and the coding agents. Each finding that needs something to be done"
    " has its remedy. Nothing is changed.",
    (ROOT,),
    (
        (
            "options",
            (
                switch("--deep", help="also check every byte of the index, as `lode verify` does"),
                switch("--json", help="one JSON object with all findings"),
                INDEX_DIR,
                HELP,
            ),
        ),
    ),
    (
        ("is everything in order?", "lode doctor"),
        ("is the index undamaged?", "lode doctor --deep ~/src/app"),
    ),
    "0 no problem, 1 there is a problem, 2 error",
    tolerant=True,
)


def run(options: argparse.Namespace) -> int:
    """Examine the installation and the index of a root; print the findings."""
    from codelode.cli.streams import print_json
    from codelode.cli.views.diagnoses import print_diagnoses
    from codelode.doctor.report import examine, report_object
    from codelode.index import Index

    index = Index.open(options.root, index_dir=options.index_dir)
    found = list(examine(index, options.index_dir, options.deep))
    if options.json:
        print_json(report_object(found))
    else:
        print_diagnoses(found)
    return 1 if any(each.level == "problem" for each in found) else 0
