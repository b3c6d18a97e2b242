"""The report of `lode cluster build` for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.render.units import count, size

if TYPE_CHECKING:
    from codelode.cluster.build import Report


def print_report(report: Report) -> None:
    """Print the totals, and one line for each repository that could not be built."""
    failed = [built for built in report.built if built.problem]
    done = len(report.built) - len(failed)
    files = sum(built.files for built in report.built)
    peak = max((built.peak_bytes for built in report.built), default=0)
    rate = 60 * done / max(report.seconds, 1e-9)
    print(
        f"built {count(done, 'repository')} with {count(files, 'file')} in {report.seconds:.1f} s"
        f" ({rate:.1f} a minute), at most {size(peak)} of memory each"
    )
    for built in failed:
        print(f"failed: {built.name}: {built.problem}")
