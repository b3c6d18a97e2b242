"""`lode verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import HELP, INDEX_DIR, ROOT, Command, switch

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "verify",
    "check every byte of an index, and repair it",
    "Check every checksum and every reference in the index of ROOT, and report each fault with its"
    " file, section and offset.",
    (ROOT,),
    (
        (
            "options",
            (
                switch(
                    "--repair",
                    help="rebuild damaged segments from the files of ROOT, with the options that"
                    " the index was made with",
                ),
                switch("--json", help="one JSON object with the findings"),
                INDEX_DIR,
                HELP,
            ),
        ),
    ),
    (
        ("is the index of this folder intact?", "lode verify"),
        ("repair it", "lode verify --repair"),
    ),
    "0 the index is sound, or was repaired; 2 it is damaged, or error",
)


def run(options: argparse.Namespace) -> int:
    """Verify the index, and repair it if asked to. Raises `DamagedError` if damage is left."""
    from codelode.answers.verify import examine, verdict_object
    from codelode.cli.streams import print_json
    from codelode.cli.views.findings import print_findings
    from codelode.errors import DamagedError
    from codelode.index import Index
    from codelode.render.units import count

    index = Index.open(options.root, index_dir=options.index_dir)
    verdict = examine(index, options.repair)
    print_json(verdict_object(verdict)) if options.json else print_findings(verdict.findings)
    if verdict.left:
        wrong = count(len(verdict.left), "finding")
        if verdict.repaired:
            raise DamagedError(
                f"the index is still damaged ({wrong})", "rebuild it with `lode index --rebuild`"
            )
        raise DamagedError(f"the index is damaged ({wrong})")
    if not options.json:
        print("repaired" if verdict.repaired else "the index is sound")
    return 0
