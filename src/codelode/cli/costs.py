"""What an update cost, as tables: stages, waits, files."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codelode.cli import streams
from codelode.render.json import path_fields
from codelode.render.sanitize import visible_name
from codelode.render.units import count, seconds, size

if TYPE_CHECKING:
    from codelode.report import FileCost, Load, UpdateReport


def report_object(report: UpdateReport) -> dict[str, Any]:
    """The report for JSON: names of files as everywhere, and no lists that were not asked for."""
    fields = asdict(report)
    for name in ("slowest", "largest"):
        files = fields.pop(name)
        if files:
            fields[name] = [{**file, **path_fields(file["path"])} for file in files]
    return fields


def print_stages(report: UpdateReport) -> None:
    """Each stage's time, summed over all processes, the dearest first; and how busy they were."""
    total = report.load.cpu
    print(f"time by stage:{'wall':>12}{'CPU':>12}{'share':>8}{'speed':>12}")
    stages = sorted(report.stages.items(), key=lambda item: -item[1].cpu)
    for name, spent in stages:
        _print_stage(report, name, seconds(spent.wall), spent.cpu)
    _print_stage(report, "other", "", max(total - sum(spent.cpu for _, spent in stages), 0.0))
    _print_stage(report, "all", seconds(report.seconds), total)
    _print_load(report.load)


def _print_stage(report: UpdateReport, name: str, wall: str, cpu: float) -> None:
    """`speed` is what a core reads in a second if it does nothing but this stage."""
    share = f"{cpu / max(report.load.cpu, 1e-9):.1%}"
    speed = f"{size(report.bytes_read / cpu)}/s" if report.bytes_read and cpu >= 0.001 else ""
    print(f"  {name:12}{wall:>12}{seconds(cpu):>12}{share:>8}{speed:>12}".rstrip())


def _print_load(load: Load) -> None:
    cores = count(load.cores, "core")
    print(f"  {load.utilisation:.0%} of {cores} busy, {count(load.processes, 'process')}")
    if load.processes > 1:
        print(
            f"  waits: workers {seconds(load.worker_wait)} for batches, parent"
            f" {seconds(load.parent_wait)} for runs, runs {seconds(load.run_wait)} for the parent"
        )


def print_files(report: UpdateReport) -> None:
    """The slowest and the largest files."""
    for title, files in (("slowest files:", report.slowest), ("largest files:", report.largest)):
        if files:
            print(f"{title:14}{'wall':>12}{'CPU':>12}{'size':>10}{'chunks':>8}")
        for file in files:
            _print_file(file)


def _print_file(file: FileCost) -> None:
    path = visible_name(file.path) if streams.is_terminal(sys.stdout) else file.path
    times = f"{seconds(file.wall):>12}{seconds(file.cpu):>12}"
    print(f"{'':14}{times}{size(file.bytes):>10}{file.chunks:>8,}  {path}")
