"""The output of `lode push`, `lode pull` and `lode remote`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from codelode.cli.streams import say
from codelode.render.sanitize import visible_name
from codelode.render.units import age, count, seconds, size

if TYPE_CHECKING:
    from codelode.report import UpdateReport
    from codelode.sharing.layout import Push
    from codelode.sharing.pull import PullReport
    from codelode.sharing.push import PushReport
    from codelode.sharing.retention import CleanReport

_SHORT_COMMIT = 10
_FEW = 0.05
"""The share of pulled files that agree with the tree below which a pull warns."""


def print_push(report: PushReport) -> None:
    """Print a summary of a push."""
    signed = ", signed" if report.signed else ""
    print(
        f"pushed {count(report.push.files, 'file')}{_source(report.push)} in"
        f" {seconds(report.seconds)}: {size(report.bytes_uploaded)} in"
        f" {report.segments_uploaded} of {count(report.segments, 'segment')}{signed}"
    )


def print_pull(report: PullReport, updated: UpdateReport | None) -> None:
    """Print a summary of a pull, and of the update after it."""
    if not report.changed:
        print(f"the index is the one that was pushed{_source(report.push)}")
    else:
        far = f", {count(report.distance, 'commit')} away" if report.distance else ""
        signed = f", signed by {visible_name(report.signer)}" if report.signer else ""
        print(
            f"pulled {count(report.files, 'file')}{_source(report.push)}{far}{signed} in"
            f" {seconds(report.seconds)}: {size(report.bytes_fetched)} in"
            f" {report.segments_fetched} of {count(report.segments, 'segment')};"
            f" {count(report.files_known, 'file')} known as unchanged by git"
        )
    if updated is not None:
        changes = updated.files_added + updated.files_changed + updated.files_removed
        print(
            f"updated in {seconds(updated.seconds)}: {count(changes, 'file')} differed,"
            f" {count(updated.chunks_made, 'chunk')} made"
        )


def warn_of_strange_files(report: PullReport, updated: UpdateReport) -> None:
    """Warn if hardly any pulled file agrees with the tree: the index may be of another project."""
    kept = report.files - updated.files_changed - updated.files_removed
    if report.changed and kept < _FEW * report.files:
        some = f"only {kept:,}" if kept > 0 else "none"
        say(
            f"{some} of the {count(report.files, 'file')} that were pulled agrees with the files"
            f" here: is {visible_name(report.place)} the store of this project?"
        )


def print_pushes(pushes: list[Push]) -> None:
    """Print a line for each push."""
    if not pushes:
        say("nothing was pushed there yet")
    now = time.time()
    for push in pushes:
        commit = push.commit[:_SHORT_COMMIT] or "-" * _SHORT_COMMIT
        print(
            f"{commit}  {age(now - push.pushed_at):>14}  {count(push.files, 'file'):>14}"
            f"  {size(push.bytes):>8}  {visible_name(push.branch)}".rstrip()
        )


def print_clean(report: CleanReport, dry_run: bool) -> None:
    """Print a summary of a clean-up."""
    verb = "would remove" if dry_run else "removed"
    print(
        f"{verb} {count(report.pushes_removed, 'push')} of"
        f" {report.pushes + report.pushes_removed:,}, and"
        f" {count(report.objects_removed, 'object')} ({size(report.bytes_removed)})"
    )


def _source(push: Push) -> str:
    if not push.commit:
        return ""
    branch = f" of {visible_name(push.branch)}" if push.branch else ""
    return f" at {push.commit[:_SHORT_COMMIT]}{branch}"
