"""`lode watch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import HELP, INDEX_DIR, QUIET, ROOT, Command, option, positive

if TYPE_CHECKING:
    import argparse

    from codelode.index import Index
    from codelode.report import UpdateReport
    from codelode.types import WatchState

MAX_FOLDERS = option(
    "--max-folders",
    metavar="N",
    type=positive,
    help="watch at most N folders; if there are more, walk the tree every few seconds instead"
    " (default: what the system allows)",
)

COMMAND = Command(
    "watch",
    "keep the index of a folder up to date until interrupted",
    "Update the index of ROOT, then follow every change of the tree until Ctrl-C. The index is"
    " built if there is none. Several watchers of one index take turns: one works, the others stand"
    " by. `lode status` shows what the watcher does.",
    (ROOT,),
    (
        (
            "options",
            (
                MAX_FOLDERS,
                INDEX_DIR,
                QUIET,
                HELP,
            ),
        ),
    ),
    (
        ("keep this folder searchable while you work", "lode watch"),
        ("as a service", "lode watch --quiet ~/src/app"),
    ),
    "2 error, 130 interrupted",
    metrics=True,
)

_POLL_SECONDS = 0.5


def run(options: argparse.Namespace) -> int:
    """Build a missing index, then watch."""
    from codelode.answers.build import build_if_missing
    from codelode.cli.streams import progress_meter, say
    from codelode.index import Index

    index = Index.open(options.root, index_dir=options.index_dir)
    build_if_missing(
        index, meter=progress_meter(options.quiet), tell=None if options.quiet else say
    )
    return follow(index, options.max_folders, options.quiet)


def follow(index: Index, max_folders: int | None, quiet: bool) -> int:
    """Watch until interrupted; report updates and changes of the watcher's state."""
    import signal
    import sys
    from contextlib import closing

    from codelode.cli.entry import main
    from codelode.resident.server import Resident

    def tell(generation: int, report: UpdateReport | None) -> None:
        if not quiet:
            _say_update(generation, report)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    told: WatchState | None = None
    with index.watch(max_folders, tell) as watcher, closing(Resident(index, watcher, main)):
        while not watcher.wait(_POLL_SECONDS):
            state = watcher.state
            if state is not None and state.mode != "starting" and _differ(state, told):
                _say_state(state, index, quiet)
                told = state
    return 2  # the watcher ends only by an error, which Python has shown


def _differ(state: WatchState, told: WatchState | None) -> bool:
    if told is None:
        return True
    names = ("pid", "mode", "reason", "problem")
    return any(getattr(state, name) != getattr(told, name) for name in names)


def _say_update(generation: int, report: UpdateReport | None) -> None:
    from codelode.cli.streams import say
    from codelode.render.units import count, seconds

    numbers = {}
    if report is not None:
        numbers = {
            "added": report.files_added,
            "changed": report.files_changed,
            "removed": report.files_removed,
        }
    parts = [f"{number:,} {name}" for name, number in numbers.items() if number]
    if report is None or not parts:  # the update was of the whole tree, or by another process
        say(f"generation {generation}")
        return
    total = count(sum(numbers.values()), "file")
    say(f"generation {generation}: {total} ({', '.join(parts)}) in {seconds(report.seconds)}")


def _say_state(state: WatchState, index: Index, quiet: bool) -> None:
    import os

    from codelode.cli.streams import say
    from codelode.render.units import count

    if state.problem:
        say(f"cannot update the index: {state.problem}")
    elif state.pid not in (0, os.getpid()):
        say(f"process {state.pid} watches {index.root}: standing by")
    elif state.reason:
        say(f"{state.mode}: {state.reason}")
    elif not quiet:
        say(f"watching {index.root} ({count(state.folders, 'folder')})")
