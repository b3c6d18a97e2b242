"""Flags, runs and cached queries of the query sets that are drawn from repositories."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from benchmarks.quality.dataset import Repository, load_repositories
from benchmarks.quality.runs import bring_up_to_date, index_folder
from benchmarks.quality.set_command import Settings, finish, for_each, set_parser, settings_of
from benchmarks.quality.set_run import Row, SetRun, summarize
from benchmarks.quality.tree_files import tree_digest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from codelode import Index

QueryT = TypeVar("QueryT", bound=tuple[object, ...])


@dataclass(frozen=True, slots=True)
class RepositoryTask:
    """A repository to query, with all that a worker process needs. `seed` selects the queries."""

    repository: Repository
    tree: Path
    settings: Settings
    seed: int


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the seed and for the folders with the repositories."""
    parser.add_argument("--checkouts", type=Path, required=True, help="one folder per repository")
    parser.add_argument("--annotations", type=Path, required=True, help="folder of repos.json")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other queries")


def repository_tasks(
    checkouts: Path, annotations: Path, settings: Settings, seed: int
) -> list[RepositoryTask]:
    """Return a task for each repository. Exits with a message if a checkout is missing."""
    repositories = load_repositories(annotations, settings.repos)
    absent = [row.name for row in repositories if not (checkouts / row.name).is_dir()]
    if absent:
        raise SystemExit(f"no checkout of: {', '.join(absent)} (benchmarks.quality.checkouts)")
    return [
        RepositoryTask(row, checkouts / row.name / row.root, settings, seed) for row in repositories
    ]


def run_command(
    name: str,
    description: str | None,
    run: Callable[[Path, Path, Settings, int], SetRun],
) -> None:
    """Run a set with the options of the command line, and pass the run to `finish`."""
    parser = set_parser(name, description)
    add_flags(parser)
    options = parser.parse_args()
    finish(run(options.checkouts, options.annotations, settings_of(options), options.seed), options)


def run_tasks(
    name: str,
    ask_repository: Callable[[RepositoryTask], list[Row]],
    tasks: Sequence[RepositoryTask],
    settings: Settings,
) -> SetRun:
    """Search in every repository; return the run of the query set `name`, with its scores."""
    rows = [row for rows in for_each(ask_repository, tasks, settings.jobs) for row in rows]
    return summarize(name, settings.mode, rows)


@contextmanager
def indexed(task: RepositoryTask) -> Iterator[Index]:
    """Index the tree of a repository, or update its index."""
    settings = task.settings
    with index_folder(settings.index_root, task.repository.name) as folder:
        index, _ = bring_up_to_date(
            task.tree,
            folder,
            rebuild=settings.rebuild,
            jobs=settings.index_jobs,
            model=settings.model,
        )
        yield index


def drawn(
    task: RepositoryTask, name: str, draw: Callable[[], list[QueryT]], make: Callable[..., QueryT]
) -> Sequence[QueryT]:
    """Return the result of `draw`, cached in a file below the index root.

    The cache is valid only while the tree is the same. `make` builds a query from cached fields.
    """
    if task.settings.index_root is None:
        return draw()
    folder = task.settings.index_root / "drawn"
    key = f"{name}-{task.repository.name}-{task.seed}-{tree_digest(task.tree)}"
    file = folder / f"{key}.json"
    if file.is_file() and not task.settings.rebuild:
        return [make(*row) for row in json.loads(file.read_text(encoding="utf-8"))]
    queries = draw()
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(queries, indent=0), encoding="utf-8")
    return queries
