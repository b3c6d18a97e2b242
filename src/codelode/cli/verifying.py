"""`lode verify`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.cli.messages import no_index
from codelode.errors import DamagedError, NoIndexError
from codelode.index import Index
from codelode.render.json import dumps
from codelode.render.sanitize import visible_name
from codelode.render.units import count

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.store.verify import Finding


def run(options: argparse.Namespace) -> int:
    """`lode verify`."""
    index = Index.open(options.root, index_dir=options.index_dir)
    try:
        findings = index.verify()
    except NoIndexError:
        raise NoIndexError(no_index(index.root)) from None
    repaired = bool(findings) and options.repair
    if repaired:
        index.repair()
        left = index.verify()
    else:
        left = findings
    if options.json:
        found = [asdict(finding) for finding in findings]
        print(dumps({"sound": not left, "repaired": repaired, "findings": found}))
    else:
        _print(findings)
    if left:
        wrong = count(len(left), "finding")
        if repaired:
            raise DamagedError(
                f"the index is still damaged ({wrong})", "rebuild it with `lode index --rebuild`"
            )
        raise DamagedError(f"the index is damaged ({wrong})")
    if not options.json:
        print("repaired" if repaired else "nothing is wrong")
    return 0


def _print(findings: Sequence[Finding]) -> None:
    guard = visible_name if streams.is_terminal(sys.stdout) else str
    for finding in findings:
        print(guard(f"{finding.file}: {finding.section} at {finding.offset}: {finding.problem}"))
    sys.stdout.flush()  # before the verdict on standard error
