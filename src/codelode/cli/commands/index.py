"""`lode index`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codelode.cli.options import (
    DRY_RUN,
    HELP,
    INDEX_DIR,
    MODEL,
    QUIET,
    ROOT,
    WAIT,
    YES,
    Command,
    Option,
    option,
    positive,
    profile_file,
    size,
    switch,
)
from codelode.discover.options import RECORDED
from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    from codelode.index import Index
    from codelode.pipeline.plan import Plan
    from codelode.report import UpdateReport
    from codelode.types import Skip


def _on_and_off(flag: str, help: str, opposite: str = "") -> tuple[Option, Option]:
    """Return a switch, and its opposite, which undoes the switch where a settings file sets it."""
    opposite = opposite or flag.replace("--", "--no-")
    undo = switch(
        opposite,
        dest=flag.strip("-").replace("-", "_"),
        action="store_false",
        default=None,
        help=f"undo {flag} of a settings file (see `lode config`)",
    )
    return switch(flag, default=None, help=help), undo


COMMAND = Command(
    "index",
    "build the index of a folder, or bring it up to date",
    "Index the text files under ROOT, or bring an existing index up to date: only files that"
    " changed are read. Searches continue meanwhile, on the last commit. If ROOT is a folder of an"
    " indexed tree, the index of that tree is updated, unless ROOT is the top of a git worktree."
    " Before a home folder or more than a million files are indexed for the first time, it asks."
    " To leave out files, list them in .lodeignore, in any folder, which has the syntax of"
    " .gitignore; what .gitignore and .ignore exclude is left out already, and --list-skipped says"
    " why each file is.",
    (ROOT,),
    (
        (
            "what is indexed",
            (
                *_on_and_off("--hidden", "also index hidden files and folders"),
                *_on_and_off(
                    "--no-ignore",
                    "do not honor .gitignore, git's own excludes, .ignore and .lodeignore",
                    "--ignore",
                ),
                *_on_and_off(
                    "--installed",
                    "also index installed packages and caches: virtual environments,"
                    " node_modules, folders with a CACHEDIR.TAG",
                ),
                *_on_and_off(
                    "--secrets",
                    "also index files that hold secrets by their names: .env, private keys,"
                    " credentials",
                ),
                option(
                    "--max-file-size",
                    metavar="SIZE",
                    type=size,
                    help="skip larger files; K, M and G are powers of 1024 (default: 1M)",
                ),
            ),
        ),
        (
            "how",
            (
                option(
                    "-j",
                    "--jobs",
                    metavar="N",
                    type=positive,
                    help="use N processes (default: one per core)",
                ),
                option(
                    "--max-memory",
                    metavar="SIZE",
                    type=size,
                    help="cap the memory of all processes together, and stop if that is too little"
                    " (default: half of what the machine allows, at most 1G)",
                ),
                MODEL,
                switch("--rebuild", help="start from scratch instead of updating"),
                DRY_RUN,
                YES,
                WAIT,
                INDEX_DIR,
            ),
        ),
        (
            "output",
            (
                switch("--json", help="end with one JSON object instead of a sentence"),
                switch("--list-skipped", help="list every skipped file, with the reason"),
                switch(
                    "--stats", help="also show counts by reason, time by stage, speed and memory"
                ),
                option(
                    "--profile",
                    metavar="FILE",
                    nargs="?",
                    type=profile_file,
                    const="",
                    help="also show time by stage, waits, and the slowest and largest files; with"
                    " FILE, write a profile of all processes for speedscope (needs the extra"
                    " `profile`)",
                ),
                switch("--watch", help="then keep the index up to date, as `lode watch` does"),
                QUIET,
                HELP,
            ),
        ),
    ),
    (
        ("index this folder", "lode index"),
        ("leave out a folder", "echo third_party/ >> .lodeignore && lode index"),
        ("what would be indexed, and what not?", "lode index --dry-run --list-skipped ~/src/app"),
        ("for a script", "lode index --json --quiet ~/src/app"),
        ("where does the time go?", "lode index --rebuild --profile=lode.speedscope.json"),
    ),
    "0 done, 1 the answer was no, 2 error, 130 interrupted (commits are kept)",
    metrics=True,
)


def run(options: argparse.Namespace) -> int:
    """Update the index, or report what an update would do."""
    from codelode.index import Index
    from codelode.settings.effective import BuildSettings

    index = Index.open(options.root, index_dir=options.index_dir)
    home = index.reader.update_home()
    first = home is index.reader and not home.storage.has_manifest()
    build = BuildSettings.of(home.root)
    model = options.model or (build.model if first or options.rebuild else None)
    if model is not None:
        index = Index.open(options.root, index_dir=options.index_dir, model=model)
    trace = _trace(options)
    walk = {**build.walk, **_given(options)}
    on_skip = _skip_listener(options, home.root, walk)
    if options.dry_run:
        _print_plan(index.plan(**walk, on_skip=on_skip, read=True), options.json)
        return 0
    if first and not options.yes and not _wanted(index, walk):
        return 1
    report = _update(index, options, on_skip=on_skip, trace=trace, **walk)
    if not index.searchable():  # the rules of the enclosing index leave this folder out now
        return run(options)
    _print(index, report, options, first)
    return _watch(index, options.quiet) if options.watch else 0


def _update(index: Index, options: argparse.Namespace, **settings: Any) -> UpdateReport:
    """Update the index with the options, and with further parameters of `Index.update`."""
    from codelode.answers.build import update
    from codelode.cli.streams import progress_meter
    from codelode.cli.views.update import announce_wait
    from codelode.system.forked import allow_forks

    allow_forks()
    return update(
        index,
        progress_meter(options.quiet),
        jobs=options.jobs,
        max_memory=options.max_memory,
        rebuild=options.rebuild,
        wait=options.wait,
        on_wait=announce_wait if options.wait else None,
        profile=options.profile is not None,
        **settings,
    )


def _skip_listener(
    options: argparse.Namespace, root: Path, walk: Mapping[str, object]
) -> Callable[[Skip], None] | None:
    """Return a printer of skipped files, or None if it is not requested.

    If it is requested, also say how many tracked files match git's ignore rules but are not
    skipped, unless `walk` turns the rules off.
    """
    from codelode.cli.views.update import say_tracked, skip_printer

    if not options.list_skipped:
        return None
    if not walk.get("no_ignore"):
        say_tracked(root)
    return skip_printer(options.json)


def _print_plan(plan: Plan, as_json: bool) -> None:
    """Print what an update would do."""
    from codelode.answers.update import plan_object
    from codelode.cli.streams import print_json
    from codelode.cli.views.update import print_plan

    print_json(plan_object(plan)) if as_json else print_plan(plan)


def _print(index: Index, report: UpdateReport, options: argparse.Namespace, first: bool) -> None:
    """Print the report and, after the first update, notes for new users; remove old orphans.

    An orphan is an index whose root no longer exists.
    """
    from codelode.answers.build import tell_of_own
    from codelode.answers.indexes import remove_old_orphans
    from codelode.answers.tree_summary import summary
    from codelode.answers.update import report_object
    from codelode.cli.streams import print_json, say
    from codelode.cli.views.first_index import say_automatic_removal, say_first_notes
    from codelode.cli.views.update import print_report

    removal = remove_old_orphans(index)
    if options.json:
        print_json(report_object(report))
    elif not options.quiet:
        print_report(index, report, options.stats, options.profile is not None)
        sys.stdout.flush()
        if first:
            tell_of_own(index, say)
            say_first_notes(report, summary(index), options.root, options.index_dir)
        if removal.removed:
            say_automatic_removal(removal)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options from flags that say which files to index."""
    values = {name: getattr(options, name) for name in RECORDED}
    return {name: value for name, value in values.items() if value is not None}


def _wanted(index: Index, walk: Mapping[str, object]) -> bool:
    """Return whether to index; ask the user about a home folder or a very large tree.

    Raises `UsageError` if there is no terminal to ask on.
    """
    from codelode.answers.large_tree import doubt, refusal
    from codelode.cli.streams import confirm, is_terminal

    reason = doubt(index, walk)
    if not reason:
        return True
    if not is_terminal(sys.stdin) or not is_terminal(sys.stderr):
        raise UsageError(refusal(index, reason))
    return confirm(f"{index.root} {reason}: index it")


def _watch(index: Index, quiet: bool) -> int:
    from codelode.cli.commands.watch import follow

    return follow(index, None, quiet)


def _trace(options: argparse.Namespace) -> str | None:
    """Return the file for a profile; None if no profile is requested.

    Raises `UsageError` for a dry run, or if the file cannot be written.
    """
    from codelode.pipeline.trace import check

    if not options.profile:
        return None
    if options.dry_run:
        raise UsageError("a dry run has nothing to profile: leave out --dry-run or --profile")
    check(Path(options.profile))  # before the user is asked anything
    return str(options.profile)
