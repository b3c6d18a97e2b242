"""`lode index`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import (
    DRY_RUN,
    HELP,
    INDEX_DIR,
    MODEL,
    QUIET,
    ROOT,
    WAIT,
    Command,
    option,
    positive,
    profile_file,
    size,
    switch,
)
from codelode.discover.options import MAX_FILE_SIZE, RECORDED
from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from codelode.index import Index

COMMAND = Command(
    "index",
    "build the index of a folder, or bring it up to date",
    "Index the text files under ROOT, or bring an existing index up to date: only files that"
    " changed are read. Searches continue meanwhile, on the last commit. If ROOT is a folder of an"
    " indexed tree, the index of that tree is updated, unless ROOT is the top of a git worktree.",
    (ROOT,),
    (
        (
            "what is indexed",
            (
                switch("--hidden", help="also index hidden files and folders"),
                switch(
                    "--no-ignore",
                    help="do not honor .gitignore, git's own excludes, .ignore and .lodeignore",
                ),
                switch(
                    "--installed",
                    help="also index installed packages and caches: virtual environments,"
                    " node_modules, folders with a CACHEDIR.TAG",
                ),
                switch(
                    "--secrets",
                    help="also index files that hold secrets by their names: .env, private keys,"
                    " credentials",
                ),
                option(
                    "--max-file-size",
                    metavar="SIZE",
                    type=size,
                    default=MAX_FILE_SIZE,
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
        ("what would be indexed, and what not?", "lode index --dry-run --list-skipped ~/src/app"),
        ("for a script", "lode index --json --quiet ~/src/app"),
        ("where does the time go?", "lode index --rebuild --profile=lode.speedscope.json"),
    ),
    "0 done, 2 error, 130 interrupted (what was committed by then is kept)",
    metrics=True,
)


def run(options: argparse.Namespace) -> int:
    """Update the index, or report what an update would do."""
    from codelode.answers.build import update
    from codelode.answers.update import plan_object, report_object
    from codelode.cli.streams import print_json, progress_meter
    from codelode.cli.views.update import announce_wait, print_plan, print_report, skip_printer
    from codelode.index import Index

    index = Index.open(options.root, index_dir=options.index_dir, model=options.model)
    on_skip = skip_printer(options.json) if options.list_skipped else None
    trace = _trace(options)
    walk = {name: getattr(options, name) for name in RECORDED}
    if options.dry_run:
        plan = index.plan(**walk, on_skip=on_skip)
        print_json(plan_object(plan)) if options.json else print_plan(plan)
        return 0
    report = update(
        index,
        progress_meter(options.quiet),
        jobs=options.jobs,
        hidden=options.hidden,
        no_ignore=options.no_ignore,
        installed=options.installed,
        secrets=options.secrets,
        max_file_size=options.max_file_size,
        max_memory=options.max_memory,
        rebuild=options.rebuild,
        wait=options.wait,
        on_wait=announce_wait if options.wait else None,
        on_skip=on_skip,
        profile=options.profile is not None,
        trace=trace,
    )
    if options.json:
        print_json(report_object(report))
    elif not options.quiet:
        print_report(index, report, options.stats, options.profile is not None)
    return _watch(index, options.quiet) if options.watch else 0


def _watch(index: Index, quiet: bool) -> int:
    from codelode.cli.commands.watch import follow

    return follow(index, None, quiet)


def _trace(options: argparse.Namespace) -> str | None:
    """Return the file for a profile, if requested. Raises `UsageError`."""
    if not options.profile:
        return None
    if options.dry_run:
        raise UsageError("a dry run has nothing to profile: leave out --dry-run or --profile")
    return str(options.profile)
