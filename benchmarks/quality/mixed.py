"""Measure searches for program code and for other files, in packages of many languages.

    python -m benchmarks.quality.mixed --packages DIR [--mode MODE] [--repo NAME ...]
        [--json FILE] [--against FILE] [--index-root DIR] [--jobs N]

The queries are in `mixed_queries.json`, the packages that they search in `mixed_packages.json`
(`benchmarks.quality.packages` fetches them); `mixed.md` is the data card. Scores: hit@1, hit@3,
hit@10 and `mrr` over ten hits; a hit at any of a query's right places counts. Hidden files are
indexed, because some queries are about workflows. Each query has two tags: the first is `code` if
the right file is program code, else `prose`; the second is the form of the query.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from benchmarks.quality.dataset import Target
from benchmarks.quality.packages import Package, load_packages
from benchmarks.quality.runs import (
    bring_up_to_date,
    hits_of,
    index_folder,
    place_text,
    rank_scores,
)
from benchmarks.quality.scoring import Place, ranks
from benchmarks.quality.set_command import Settings, finish, for_each, set_parser, settings_of
from benchmarks.quality.set_run import Row, SetRun, summarize
from benchmarks.quality.tree_files import is_program

if TYPE_CHECKING:
    from codelode import Index

QUERIES = Path(__file__).with_name("mixed_queries.json")
RANKS = (1, 3, 10)
MORE_PROGRAMS = frozenset(
    ".bash .el .erl .fish .hrl .inc .jq .l .m .mm .rl .t .test .vim .y .yrl .zsh".split()
)
"""Suffixes of program code in these packages beyond the common ones."""


class MixedQuery(TypedDict):
    """A query for one package. `right` lists the right places, as `path` or `path:first-last`.

    `kind`: behavior, error, where, howto, configuration, tests, documentation, workflow, sql or
    docker. `form`: keywords, question or other (a message, a configuration key, a statement).
    """

    package: str
    kind: str
    form: str
    query: str
    right: list[str]


@dataclass(frozen=True, slots=True)
class PackageTask:
    """One package, its tree and its queries."""

    package: Package
    tree: Path
    queries: list[MixedQuery]
    settings: Settings


def main() -> None:
    """Run the queries, and print and compare the results."""
    parser = set_parser("mixed", __doc__)
    parser.add_argument("--packages", type=Path, required=True, help="one folder per package")
    options = parser.parse_args()
    finish(run(options.packages, settings_of(options)), options)


def run(packages: Path, settings: Settings) -> SetRun:
    """Run the queries of all packages. Exits with a message if a package is missing."""
    queries = load_mixed_queries(QUERIES)
    tasks = [
        PackageTask(
            package,
            packages / package["name"],
            [query for query in queries if query["package"] == package["name"]],
            settings,
        )
        for package in load_packages()
        if not settings.repos or package["name"] in settings.repos
    ]
    absent = [task.package["name"] for task in tasks if not task.tree.is_dir()]
    if absent:
        raise SystemExit(f"not fetched: {', '.join(absent)} (benchmarks.quality.packages)")
    rows = [row for rows in for_each(ask_package, tasks, settings.jobs) for row in rows]
    return summarize("mixed", settings.mode, rows)


def load_mixed_queries(path: Path) -> list[MixedQuery]:
    """Read the queries, each with its right places, from a JSON file."""
    return cast("list[MixedQuery]", json.loads(path.read_text(encoding="utf-8")))


def place_of(text: str) -> Target:
    """Read a place: `path`, `path:line` or `path:first-last`."""
    path, colon, lines = text.rpartition(":")
    if not colon:
        return Target(text)
    first, _, last = lines.partition("-")
    return Target(path, int(first), int(last or first))


def is_code(path: str) -> bool:
    """Return whether a file is program code: not configuration, documentation, SQL or similar."""
    return is_program(path) or Path(path).suffix in MORE_PROGRAMS


def ask_package(task: PackageTask) -> list[Row]:
    """Index one package and run its queries."""
    settings = task.settings
    with index_folder(settings.index_root, f"package-{task.package['name']}") as folder:
        index, _ = bring_up_to_date(
            task.tree,
            folder,
            rebuild=settings.rebuild,
            jobs=settings.index_jobs,
            model=settings.model,
            hidden=True,
        )
        return [ask_question(index, query, settings) for query in task.queries]


def ask_question(index: Index, query: MixedQuery, settings: Settings) -> Row:
    """Run one query and score the first ten hits."""
    targets = [place_of(text) for text in query["right"]]
    hits = hits_of(index, query["query"], settings.mode)
    places = [Place(hit.path, hit.start_line, hit.end_line) for hit in hits]
    found = [rank for rank in ranks(places, targets) if rank is not None]
    return Row(
        group=query["package"],
        kind=query["kind"],
        tags=["code" if is_code(targets[0].path) else "prose", query["form"]],
        query=query["query"],
        right=query["right"],
        scores=rank_scores(min(found, default=None), RANKS),
        hits=[place_text(hit) for hit in hits],
    )


if __name__ == "__main__":
    main()
