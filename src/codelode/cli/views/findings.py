"""The output of `lode verify`: one finding per line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.render.sanitize import visible_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.store.verify import Finding


def print_findings(findings: Sequence[Finding]) -> None:
    """Print one line per finding."""
    guard = visible_name if streams.is_terminal(sys.stdout) else str
    for finding in findings:
        print(guard(f"{finding.file}: {finding.section} at {finding.offset}: {finding.problem}"))
    sys.stdout.flush()  # before the verdict, which goes to standard error
