"""The output of `lode index`: a summary, skipped files, costs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codelode.answers.update import skip_object
from codelode.cli import streams
from codelode.progress import size_per_second
from codelode.render.sanitize import visible_name
from codelode.render.units import count, seconds, size

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from codelode.index import Index
    from codelode.pipeline.plan import Plan
    from codelode.report import FileCost, Load, UpdateReport
    from codelode.types import Skip


def announce_wait(holder: str) -> None:
    """Say which process an update waits for; `holder` is the id of the process."""
    streams.say(f"waiting for another process (pid {holder}) to finish indexing")


def skip_printer(as_json: bool) -> Callable[[Skip], None]:
    """Return a function that prints a skipped file and the reason."""
    guarded = streams.is_terminal(sys.stdout)

    def show(skip: Skip) -> None:
        if as_json:
            streams.print_json(skip_object(skip))
            return
        line = f"{skip.path}: {skip.reason.value}" + (f" ({skip.detail})" if skip.detail else "")
        print(visible_name(line) if guarded else line)

    return show


def say_tracked(root: Path) -> None:
    """Say how many tracked files match git's ignore rules, if any: such files are not skipped."""
    from codelode.discover.git_tracked import tracked_and_ignored  # few updates need git

    number = tracked_and_ignored(root)
    if number:
        streams.say(
            f"git's ignore rules match {count(number, 'tracked file')} too, but leave out only"
            " untracked files; .lodeignore leaves out tracked files as well"
        )


def print_plan(plan: Plan) -> None:
    """Print what an update would do."""
    print(
        f"would index {plan.changed:,} of {count(plan.files, 'file')} ({size(plan.bytes)} in all),"
        f" remove {plan.removed:,} from the index, skip {sum(plan.skipped.values()):,}"
    )
    _print_reasons(plan.skipped)


def print_report(index: Index, report: UpdateReport, stats: bool, profile: bool) -> None:
    """Print a summary of an update, and its costs if `stats` or `profile` ask for them."""
    changes = [
        f"{number:,} {what}"
        for number, what in (
            (report.files_added, "added"),
            (report.files_changed, "changed"),
            (report.files_removed, "removed"),
        )
        if number
    ]
    print(
        f"{count(report.files, 'file')}, {count(report.chunks, 'chunk')}"
        f" ({', '.join(changes) or 'nothing changed'}; {report.files_skipped:,} skipped)"
        f" in {seconds(report.seconds)}"
    )
    if stats:
        _print_statistics(index, report)
    if stats or profile:
        _print_stages(report)
    _print_files(report)
    if stats:
        _print_reasons(report.skipped)


def _print_statistics(index: Index, report: UpdateReport) -> None:
    rate = size_per_second(report.bytes_read, report.seconds)
    facts = {
        "index": visible_name(str(index.directory)),
        "generation": str(report.generation),
        "index size": size(report.index_bytes),
        "read": size(report.bytes_read) + (f" at {rate}" if rate else ""),
        "peak memory": f"{size(report.peak_rss_bytes)}, sum of all processes",
    }
    for name, fact in facts.items():
        print(f"  {name:12} {fact}")


def _print_reasons(skipped: dict[str, int]) -> None:
    if skipped:
        print("skipped:")
    for reason, number in sorted(skipped.items(), key=lambda item: (-item[1], item[0])):
        print(f"  {number:>9,}  {reason}")


def _print_stages(report: UpdateReport) -> None:
    """Print a table of the times of the stages, and the load.

    Times are summed over all processes. The stage with the most CPU time comes first.
    """
    total = report.load.cpu
    print(f"time by stage:{'wall':>12}{'CPU':>12}{'share':>8}{'speed':>12}")
    stages = sorted(report.stages.items(), key=lambda item: -item[1].cpu)
    for name, spent in stages:
        _print_stage(report, name, seconds(spent.wall), spent.cpu)
    _print_stage(report, "other", "", max(total - sum(spent.cpu for _, spent in stages), 0.0))
    _print_stage(report, "all", seconds(report.seconds), total)
    _print_load(report.load)


def _print_stage(report: UpdateReport, name: str, wall: str, cpu: float) -> None:
    """Print a stage. Its speed is the bytes that one core reads per second in this stage alone."""
    share = f"{cpu / max(report.load.cpu, 1e-9):.1%}"
    speed = f"{size(report.bytes_read / cpu)}/s" if report.bytes_read and cpu >= 0.001 else ""
    print(f"  {name:12}{wall:>12}{seconds(cpu):>12}{share:>8}{speed:>12}".rstrip())


def _print_load(load: Load) -> None:
    cores = count(load.cores, "core")
    print(f"  {load.utilization:.0%} of {cores} busy, {count(load.processes, 'process')}")
    if load.processes > 1:
        print(
            f"  waits: workers {seconds(load.worker_wait)} for batches, parent"
            f" {seconds(load.parent_wait)} for runs, runs {seconds(load.run_wait)} for the parent"
        )


def _print_files(report: UpdateReport) -> None:
    """Print the slowest and the largest files."""
    for title, files in (("slowest files:", report.slowest), ("largest files:", report.largest)):
        if files:
            print(f"{title:14}{'wall':>12}{'CPU':>12}{'size':>10}{'chunks':>8}")
        for file in files:
            _print_file(file)


def _print_file(file: FileCost) -> None:
    path = visible_name(file.path) if streams.is_terminal(sys.stdout) else file.path
    times = f"{seconds(file.wall):>12}{seconds(file.cpu):>12}"
    print(f"{'':14}{times}{size(file.bytes):>10}{file.chunks:>8,}  {path}")
