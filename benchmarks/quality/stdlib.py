"""Measure whether searches find the right file of Python's standard library: hits@1, hits@3, MRR.

    python -m benchmarks.quality.stdlib [--mode MODE] [--stdlib DIR] [--without-tests]
        [--json FILE] [--against FILE] [--index-root DIR] [--rebuild] [--check]

`stdlib_queries.json` holds the queries and their answers. Queries marked as required must have a
right file among the first three hits.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import sysconfig
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict, cast

from benchmarks.quality.runs import Mode, ask, bring_up_to_date, index_folder, rank_scores
from benchmarks.quality.scoring import mean
from benchmarks.quality.set_command import Settings, set_parser, settings_of
from benchmarks.quality.set_run import Row, SetRun
from benchmarks.quality.set_run import summarize as summarize_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode import Index

QUERIES = Path(__file__).with_name("stdlib_queries.json")
LEFT_OUT = ("site-packages", "dist-packages", "__pycache__", "lib-dynload", "*.pyc", "*.so", "*.a")
TESTS = ("test", "tests", "idle_test")
REQUIRED_RANK = 3


class StdlibQuery(TypedDict):
    """A query of `stdlib_queries.json`: `files` are paths in the library, each a right answer."""

    query: str
    kind: str
    files: list[str]
    required: NotRequired[bool]


class Answer(TypedDict):
    """The result of one query: the 1-based rank of the first right file in ten hits, or None."""

    query: str
    kind: str
    required: bool
    rank: int | None
    files: list[str]
    hits: list[str]


class StdlibRun(TypedDict):
    """The result of a run: the shares of queries answered at rank 1 and by rank 3, and the MRR."""

    mode: str
    python: str
    hits_at_1: float
    hits_at_3: float
    mrr: float
    answers: list[Answer]


def main() -> None:
    """Index the library, run the queries, print the results, and compare them if asked to."""
    options = _parse()
    run = ask_library(settings_of(options), options.stdlib, options.without_tests)
    print_run(run)
    if options.json:
        options.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    if options.against:
        before = cast("StdlibRun", json.loads(options.against.read_text(encoding="utf-8")))
        print_comparison(before, run)
    if options.check and any(not found_in_time(row) for row in run["answers"] if row["required"]):
        raise SystemExit(1)


def ask_library(settings: Settings, library: Path, without_tests: bool = False) -> StdlibRun:
    """Index the library and run the queries."""
    queries = load_stdlib_queries(QUERIES, library)
    with (
        library_tree(library, settings.index_root, without_tests) as tree,
        index_folder(settings.index_root, f"{tree.name}-index") as folder,
    ):
        index, cost = bring_up_to_date(tree, folder, rebuild=settings.rebuild, model=settings.model)
        print(f"indexed in {cost.seconds:.1f} s", file=sys.stderr)
        answers = [answer(index, query, settings.mode) for query in queries]
    return summarize(settings.mode, answers)


def as_set_run(run: StdlibRun) -> SetRun:
    """Convert a run to the type that all sets of queries share; each query is its own group."""
    rows = [
        Row(
            group=row["query"],
            kind=row["kind"],
            tags=[],
            query=row["query"],
            right=row["files"],
            scores=rank_scores(row["rank"], (1, REQUIRED_RANK)),
            hits=row["hits"],
        )
        for row in run["answers"]
    ]
    return summarize_set("stdlib", run["mode"], rows)


def _parse() -> argparse.Namespace:
    parser = set_parser("stdlib", __doc__)
    add = parser.add_argument
    add("--stdlib", type=Path, default=default_library(), help="another Python's library")
    add("--without-tests", action="store_true", help="leave out CPython's own test package")
    add("--check", action="store_true", help="exit with 1 if a required query fails")
    return parser.parse_args()


def default_library() -> Path:
    """Return the folder of this Python's standard library."""
    return Path(sysconfig.get_path("stdlib"))


def load_stdlib_queries(path: Path, library: Path) -> list[StdlibQuery]:
    """Return the queries with at least one right file in the given library."""
    rows = cast("list[StdlibQuery]", json.loads(path.read_text(encoding="utf-8")))
    return [row for row in rows if any((library / file).is_file() for file in row["files"])]


@contextmanager
def library_tree(library: Path, keep: Path | None, without_tests: bool) -> Iterator[Path]:
    """Provide a copy of the library without installed packages and compiled files.

    It is temporary, or kept below `keep` so that the next run has the same root: an index belongs
    to one root. By default, the library's tests are included: they mention what the modules do, so
    a good ranking must distinguish them from the modules.
    """
    left_out = [*LEFT_OUT, *(TESTS if without_tests else ())]
    with tempfile.TemporaryDirectory(prefix="codelode-stdlib-") as scratch:
        # The name depends on the path of the library, so each Python's library has its own tree.
        source = hashlib.sha256(os.fsencode(library.resolve())).hexdigest()[:8]
        name = f"stdlib-{source}{'-without-tests' if without_tests else ''}"
        tree = (keep or Path(scratch)) / name
        if not tree.is_dir():
            ignore = shutil.ignore_patterns(*left_out)
            shutil.copytree(library, Path(scratch, "copy"), ignore=ignore, symlinks=True)
            tree.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(scratch, "copy"), tree)
        yield tree


def answer(index: Index, query: StdlibQuery, mode: Mode) -> Answer:
    """Run one query and find the first hit in a right file."""
    places, _ = ask(index, query["query"], mode)
    right = (rank for rank, place in enumerate(places, 1) if place.path in query["files"])
    return Answer(
        query=query["query"],
        kind=query["kind"],
        required=query.get("required", False),
        rank=next(right, None),
        files=query["files"],
        hits=[f"{place.path}:{place.start_line}-{place.end_line}" for place in places],
    )


def summarize(mode: str, answers: list[Answer]) -> StdlibRun:
    """Return the run that consists of these answers, with its shares and its MRR."""
    return StdlibRun(
        mode=mode,
        python=sysconfig.get_python_version(),
        hits_at_1=mean(row["rank"] == 1 for row in answers),
        hits_at_3=mean(found_in_time(row) for row in answers),
        mrr=reciprocal_rank(answers),
        answers=answers,
    )


def found_in_time(row: Answer) -> bool:
    """Return whether a right file is among the first three hits."""
    return row["rank"] is not None and row["rank"] <= REQUIRED_RANK


def reciprocal_rank(answers: list[Answer]) -> float:
    """Return the mean of 1/rank, counting 0 where none of the ten hits is right."""
    return mean(1 / row["rank"] if row["rank"] else 0.0 for row in answers)


def print_run(run: StdlibRun) -> None:
    """Print the failures, then the shares per kind of query."""
    for row in run["answers"]:
        if not found_in_time(row):
            mark = "REQUIRED " if row["required"] else ""
            place = f"rank {row['rank']}" if row["rank"] else "not found"
            print(f"{mark}{row['query']}: {row['files'][0]} {place}; first {row['hits'][:3]}")
    print(f"\n{'kind':9} {'hits@1':>7} {'hits@3':>7} {'MRR':>7} {'queries':>7}")
    for kind in ("natural", "symbol", "required", "all"):
        rows = [
            row
            for row in run["answers"]
            if kind in (row["kind"], "all") or (kind == "required" and row["required"])
        ]
        first = mean(row["rank"] == 1 for row in rows)
        third = mean(found_in_time(row) for row in rows)
        print(f"{kind:9} {first:7.3f} {third:7.3f} {reciprocal_rank(rows):7.3f} {len(rows):7}")


def print_comparison(before: StdlibRun, after: StdlibRun) -> None:
    """Print the queries whose rank changed, and the difference of MRR."""
    earlier = {row["query"]: row["rank"] for row in before["answers"]}
    print(f"\nMRR {before['mrr']:.3f} -> {after['mrr']:.3f}; ranks that changed:")
    for row in after["answers"]:
        if row["query"] in earlier and earlier[row["query"]] != row["rank"]:
            print(f"  {earlier[row['query']] or '-'} -> {row['rank'] or '-'}  {row['query']}")


if __name__ == "__main__":
    main()
