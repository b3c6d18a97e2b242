"""`lode bench`."""

from __future__ import annotations

import argparse
import math

from codelode.cli.options import (
    HELP,
    INDEX_DIR,
    ROOT,
    Command,
    natural,
    option,
    positive,
    switch,
)


def duration(text: str) -> float:
    """Parse a finite number of seconds above 0."""
    try:
        amount = float(text)
    except ValueError:
        amount = 0.0
    if not 0 < amount < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds such as 20")
    return amount


COMMAND = Command(
    "bench",
    "measure searching and indexing on a folder and its index",
    "Measure the index of ROOT and the files under ROOT on this machine: search times, the loss of"
    " the compressed vectors against exact search, the speed of each stage of indexing, and memory."
    " Queries are made from indexed chunks. Everything is measured on samples, and the output gives"
    " their sizes. Only a temporary segment is written, in the folder for temporary files.",
    (ROOT,),
    (
        (
            "samples",
            (
                option(
                    "--seconds",
                    metavar="S",
                    type=duration,
                    default=20.0,
                    help="take at most about S seconds; each part has its share, and measures less"
                    " if that is up (default: 20)",
                ),
                option(
                    "--queries",
                    metavar="N",
                    type=positive,
                    default=200,
                    help="make at most N queries (default: 200)",
                ),
                option(
                    "--files",
                    metavar="N",
                    type=positive,
                    default=5000,
                    help="index at most N files and 32 MB (default: 5000)",
                ),
                option(
                    "--threads",
                    metavar="N",
                    type=positive,
                    help="compare one searching thread with N (default: one per core)",
                ),
                option(
                    "--seed",
                    metavar="N",
                    type=natural,
                    default=0,
                    help="draw another sample; the same N draws the same sample (default: 0)",
                ),
                INDEX_DIR,
            ),
        ),
        ("output", (switch("--json", help="one JSON object with all figures"), HELP)),
    ),
    (
        ("how fast is this folder's index?", "lode bench"),
        ("longer, for steadier figures", "lode bench --seconds 120 --queries 2000 ~/src/app"),
        ("for a script", "lode bench --json ~/src/app"),
    ),
    "0 done, 2 error, no index included",
)


def run(options: argparse.Namespace) -> int:
    """Measure and print the figures. Does not build a missing index."""
    from codelode.answers.bench import bench_object
    from codelode.answers.build import require
    from codelode.bench.report import BenchOptions, bench
    from codelode.cli.streams import print_json
    from codelode.cli.views.bench import Announcer, print_bench
    from codelode.index import Index

    index = Index.open(options.root, index_dir=options.index_dir)
    require(index)
    wanted = BenchOptions(
        queries=options.queries,
        files=options.files,
        threads=options.threads,
        seconds=options.seconds,
        seed=options.seed,
    )
    with Announcer() as announcer:
        report = bench(index, wanted, announcer.announce)
    print_json(bench_object(report)) if options.json else print_bench(report)
    return 0
