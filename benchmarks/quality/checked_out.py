"""The repositories that a set is drawn from: their trees, and cached drawn queries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from benchmarks.quality.dataset import Repository, load_repositories
from benchmarks.quality.tree_files import tree_digest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from benchmarks.quality.set_command import Settings

QueryT = TypeVar("QueryT", bound=tuple[object, ...])


@dataclass(frozen=True, slots=True)
class RepositoryTask:
    """A repository to query, with all that a worker process needs. `seed` draws the queries."""

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


def drawn(
    task: RepositoryTask, name: str, draw: Callable[[], list[QueryT]], make: Callable[..., QueryT]
) -> Sequence[QueryT]:
    """Return the result of `draw`, cached in a file below the index root.

    The cache is valid only while the tree is the same. `make` makes a query from its fields.
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
