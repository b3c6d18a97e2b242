"""`lode cluster`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import (
    CACHE_SIZE,
    HELP,
    HOST_NAMES,
    LABEL,
    MODEL,
    QUIET,
    Command,
    option,
    positive,
    size,
    switch,
)

if TYPE_CHECKING:
    import argparse


_LOCAL_CORES = 4
"""The cores that Ray assigns on this machine, whatever it has, as searchers mostly wait."""

_FORMS = {
    "serve": "serve ROSTER",
    "build": "build ROSTER SOURCES",
    "up": "up --local",
    "down": "down",
}

COMMAND = Command(
    "cluster",
    "build and search the repositories of a roster on many machines, with Ray",
    "serve: search the repositories of ROSTER with N searchers, which hold its segments, and"
    " answer `lode search --server URL`, browsers, and agents at URL/mcp (with the extra `mcp`)."
    " New generations of the roster are searched as they come."
    " build: index the repositories that the file SOURCES lists, as tasks of Ray, and add them to"
    " ROSTER; each line has NAME and SOURCE: a git URL, a folder or an archive. up --local: start"
    " Ray on this machine. down: end it. See docs/scale-out.md. Needs the extras: pip install"
    " 'codelode[cluster,serve]'.",
    (
        option("action", metavar="ACTION", choices=tuple(_FORMS), help="serve, build, up or down"),
        option(
            "arguments",
            nargs="*",
            metavar="ARGUMENT",
            help="ROSTER, a folder or URL as for `lode roster`, and SOURCES: see above",
        ),
    ),
    (
        (
            "serve",
            (
                option(
                    "--searchers",
                    metavar="N",
                    type=positive,
                    default=2,
                    help="the number of searchers (default: 2)",
                ),
                option(
                    "--replicas",
                    metavar="N",
                    type=positive,
                    default=2,
                    help="how many searchers hold each segment (default: 2)",
                ),
                switch(
                    "--no-ray", help="run the searchers as processes of this machine, without Ray"
                ),
                LABEL,
                MODEL,
                CACHE_SIZE,
                option(
                    "--address",
                    metavar="[HOST:]PORT",
                    default="127.0.0.1:8792",
                    help="the address of the API; port 0 for any that is free (default:"
                    " 127.0.0.1:8792). Any other host than this machine's own needs a token: that"
                    " in LODE_SERVE_TOKEN, else a new one",
                ),
                HOST_NAMES,
                option(
                    "--listen",
                    metavar="ADDRESS",
                    default="127.0.0.1:0",
                    help="the address and port that searchers dial; on several machines, one that"
                    " all of them reach, in a private network (default: 127.0.0.1:0)",
                ),
                option(
                    "--front",
                    metavar="ADDRESS",
                    dest="fronts",
                    action="append",
                    default=[],
                    help="with Ray, the address of a front that searchers dial; repeatable: name"
                    " all fronts that share the searchers, this one too, and give all of them the"
                    " same LODE_CLUSTER_TOKEN",
                ),
            ),
        ),
        (
            "build",
            (
                option(
                    "--task-memory",
                    metavar="SIZE",
                    type=size,
                    default=2 << 30,
                    help="the memory of a task (default: 2G)",
                ),
                option(
                    "--task-cores",
                    metavar="N",
                    type=positive,
                    default=1,
                    help="the cores of a task (default: 1)",
                ),
                option(
                    "--task-disk",
                    metavar="SIZE",
                    type=size,
                    default=16 << 30,
                    help="the disk space of a task, for its source and its index (default: 16G)",
                ),
                option(
                    "--slice-size",
                    metavar="SIZE",
                    type=size,
                    default=256 << 20,
                    help="cut trees with more bytes of files than this into slices, each of which"
                    " is a task (default: 256M)",
                ),
                switch("--json", help="print one JSON object with the outcome of each repository"),
            ),
        ),
        (
            "options",
            (
                option(
                    "--ray",
                    metavar="ADDRESS",
                    default="",
                    help="the address of a Ray cluster (default: that of `up`, else that of this"
                    " machine)",
                ),
                switch("--local", help="with `up`: on this machine, with one node"),
                QUIET,
                HELP,
            ),
        ),
    ),
    (
        ("serve a roster on this machine", "lode cluster serve /srv/code --no-ray"),
        ("start Ray here, and use it", "lode cluster up --local && lode cluster serve /srv/code"),
        ("index many repositories", "lode cluster build s3://acme-code/roster repositories.txt"),
    ),
    "0 done, 1 some repositories could not be built, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Serve a roster, build one, or start or stop a local Ray cluster."""
    from codelode.errors import UsageError

    expected = _FORMS[options.action]
    if len(options.arguments) != len(expected.split()) - 1 - ("--" in expected):
        raise UsageError(f"expected: lode cluster {expected}")
    actions = {"serve": _serve, "build": _build, "up": _up, "down": _down}
    try:
        return actions[options.action](options)
    except ModuleNotFoundError as error:
        from codelode.cli.missing_extras import missing_extras

        raise missing_extras("cluster", error, "cluster", "serve") from None


def _serve(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import os

    from codelode.cli.streams import say
    from codelode.cluster.files import FileOptions
    from codelode.cluster.serve import ServeOptions, serve_cluster
    from codelode.front_site import front_site
    from codelode.http.listen import lacking_name, parse_address
    from codelode.roster.answer import object_cache

    cache = object_cache(None, options.cache_size)
    (roster,) = options.arguments
    served = ServeOptions(
        roster=roster,
        address=parse_address(options.address),
        names=options.names,
        token=os.environ.get("LODE_SERVE_TOKEN", ""),
        listen=parse_address(options.listen),
        searchers=options.searchers,
        replicas=options.replicas,
        files=FileOptions(os.fspath(cache.directory), cache.limit),
        ray=None if options.no_ray else _ray_address(options),
        labels=options.label,
        model=options.model,
        fronts=[parse_address(each) for each in options.fronts],
    )

    def announce(url: str, token: str) -> None:
        say(f"serving {roster} at {url}")
        if token and not served.token:
            say(f"clients need LODE_SERVE_TOKEN={token}, browsers {url}/?token={token}")
        if warning := lacking_name(served.address[0], served.names):
            say(warning)

    serve_cluster(served, os.environ.get("LODE_CLUSTER_TOKEN", ""), front_site, announce)
    return 0


def _build(options: argparse.Namespace) -> int:
    """Build the repositories of a list, and report on each."""
    import sys
    from contextlib import redirect_stdout

    from codelode.cli.streams import print_json, say
    from codelode.cli.views.cluster import print_report, report_object
    from codelode.cluster.build_messages import Built, TaskOptions
    from codelode.cluster.source_list import read_sources
    from codelode.cluster.tasks import build_all

    roster, listed = options.arguments
    sources = read_sources(listed)

    def progress(built: Built, done: int) -> None:
        if not options.quiet:
            outcome = built.problem or f"{built.files:,} files in {built.seconds:.1f} s"
            say(f"{done}/{len(sources)} {built.name}: {outcome}")

    asked = TaskOptions(
        roster=roster,
        cores=options.task_cores,
        max_memory=options.task_memory,
        max_disk=options.task_disk,
        slice_size=options.slice_size,
    )
    with redirect_stdout(sys.stderr):  # Ray prints to stdout when a worker dies
        report = build_all(sources, asked, _ray_address(options), progress, say)
    print_json(report_object(report)) if options.json else print_report(report)
    return 1 if any(built.problem for built in report.built) else 0


def _up(options: argparse.Namespace) -> int:
    from codelode.cluster.local_ray import PORT, up
    from codelode.errors import UsageError

    if not options.local:
        raise UsageError(
            "`lode cluster up` starts Ray on this machine only: add --local; for a cluster of"
            " machines see docs/scale-out.md"
        )
    print(up(_LOCAL_CORES, PORT))
    return 0


def _down(_: argparse.Namespace) -> int:
    from codelode.cli.streams import say
    from codelode.cluster.local_ray import down

    if not down():
        say("no local Ray cluster runs")
        return 1
    return 0


def _ray_address(options: argparse.Namespace) -> str:
    """Return Ray's address: from the flag, else from the cluster that `up` started.

    Without either, the address is empty: Ray's default.
    """
    from codelode.cluster.local_ray import address

    return options.ray or address() or ""
