"""`lode index`, and the index that `lode search` builds where there is none."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codelode.cli import streams
from codelode.cli.costs import print_files, print_stages, report_object
from codelode.errors import UsageError
from codelode.index import Index
from codelode.progress import ProgressBar, size_per_second
from codelode.render.json import dumps, path_fields
from codelode.render.sanitize import visible_name
from codelode.render.units import count, seconds, size

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from codelode.pipeline.plan import Plan
    from codelode.report import UpdateReport
    from codelode.types import Skip


def run(options: argparse.Namespace) -> int:
    """`lode index`."""
    index = Index.open(options.root, index_dir=options.index_dir, model=options.model)
    walk = {name: getattr(options, name) for name in ("hidden", "no_ignore", "max_file_size")}
    on_skip = _skip_printer(options.json) if options.list_skipped else None
    trace = _trace(options)
    if options.dry_run:
        plan = index.plan(**walk, on_skip=on_skip)
        _print_plan(index, plan, options)
        return 0
    report = build(
        index,
        quiet=options.quiet,
        on_skip=on_skip,
        jobs=options.jobs,
        max_memory=options.max_memory,
        rebuild=options.rebuild,
        wait=options.wait,
        profile=options.profile is not None,
        trace=trace,
        **walk,
    )
    _print_report(index, report, options)
    return 0


def _trace(options: argparse.Namespace) -> Path | None:
    """Where a profile goes, if one was asked for."""
    if not options.profile:
        return None
    trace = Path(options.profile)
    if options.dry_run:
        raise UsageError("a dry run has nothing to profile: leave out --dry-run or --profile")
    return trace


def build(
    index: Index,
    quiet: bool = False,
    on_skip: Callable[[Skip], None] | None = None,
    **settings: Any,
) -> UpdateReport:
    """Update an index, with progress if somebody watches."""
    bar: ProgressBar | None = None
    if streams.is_terminal(sys.stderr) and not quiet:
        walk = {
            name: settings[name]
            for name in ("hidden", "no_ignore", "max_file_size")
            if name in settings
        }
        plan = index.plan(**walk)
        to_read = plan.files if settings.get("rebuild") else plan.changed
        bar = ProgressBar(to_read, plan.bytes * to_read // max(plan.files, 1))
    with bar or nullcontext():
        on_wait = _announce_wait if settings.get("wait") else None
        return index.update(on_skip=on_skip, on_wait=on_wait, progress=bar, **settings)


def _announce_wait(holder: str) -> None:
    streams.say(f"waiting for another process (pid {holder}) to finish indexing")


def _skip_printer(as_json: bool) -> Callable[[Skip], None]:
    guarded = streams.is_terminal(sys.stdout)

    def show(skip: Skip) -> None:
        if as_json:
            skipped = {"skipped": path_fields(skip.path), "reason": skip.reason.value}
            print(dumps(skipped | ({"detail": skip.detail} if skip.detail else {}), guarded))
            return
        line = f"{skip.path}: {skip.reason.value}" + (f" ({skip.detail})" if skip.detail else "")
        print(visible_name(line) if guarded else line)

    return show


def _print_plan(index: Index, plan: Plan, options: argparse.Namespace) -> None:
    if options.json:
        print(dumps({"dry_run": True, **asdict(plan)}))
        return
    print(
        f"would read {plan.changed:,} of {count(plan.files, 'file')} ({size(plan.bytes)} in all),"
        f" remove {plan.removed:,} from the index, leave {sum(plan.skipped.values()):,} out"
    )
    _print_reasons(plan.skipped)


def _print_report(index: Index, report: UpdateReport, options: argparse.Namespace) -> None:
    if options.json:
        print(dumps(report_object(report), streams.is_terminal(sys.stdout)))
        return
    if options.quiet:
        return
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
        f" ({', '.join(changes) or 'nothing changed'}; {report.files_skipped:,} left out)"
        f" in {seconds(report.seconds)}"
    )
    if options.stats:
        _print_statistics(index, report)
    if options.stats or options.profile is not None:
        print_stages(report)
    print_files(report)
    if options.stats:
        _print_reasons(report.skipped)


def _print_statistics(index: Index, report: UpdateReport) -> None:
    rate = size_per_second(report.bytes_read, report.seconds)
    facts = {
        "index": visible_name(str(index.directory)),
        "generation": str(report.generation),
        "index size": size(report.index_bytes),
        "read": size(report.bytes_read) + (f" at {rate}" if rate else ""),
        "peak memory": f"{size(report.peak_rss_bytes)}, all processes together",
    }
    for name, fact in facts.items():
        print(f"  {name:12} {fact}")


def _print_reasons(skipped: dict[str, int]) -> None:
    if skipped:
        print("left out:")
    for reason, number in sorted(skipped.items(), key=lambda item: (-item[1], item[0])):
        print(f"  {number:>9,}  {reason}")
