"""The report of `lode cluster build`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codelode.render.units import count, size

if TYPE_CHECKING:
    from codelode.cluster.build_messages import Built
    from codelode.cluster.tasks import Report


def print_report(report: Report) -> None:
    """Print the totals, and one line for each repository that could not be built."""
    failed = [built for built in report.built if built.problem]
    done = len(report.built) - len(failed)
    files = sum(built.files for built in report.built)
    peak = max((built.peak_bytes for built in report.built), default=0)
    rate = 60 * done / max(report.seconds, 1e-9)
    died = sum(built.deaths for built in report.built)
    again = f", {count(died, 'task')} tried again" if died else ""
    print(
        f"built {count(done, 'repository')} with {count(files, 'file')} in {report.seconds:.1f} s"
        f" ({rate:.1f} a minute), at most {size(peak)} of memory each{again}"
    )
    for built in failed:
        print(f"failed: {built.name}: {built.problem}")


def report_object(report: Report) -> dict[str, Any]:
    """Return the report as JSON, with all repositories in the order of the list of sources."""
    return {
        "roster": report.roster,
        "seconds": report.seconds,
        "repositories": [_built_object(built) for built in report.built],
    }


def _built_object(built: Built) -> dict[str, Any]:
    made = built.repository
    return {
        "name": built.name,
        "problem": built.problem or None,
        "files": built.files,
        "chunks": 0 if made is None else made.chunks,
        "index_bytes": 0 if made is None else made.index_bytes,
        "slices": max(len(built.slices), 1),
        "deaths": built.deaths,
        "task_seconds": built.seconds,
        "peak_rss_bytes": built.peak_bytes,
    }
