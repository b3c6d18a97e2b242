"""Measure whether text that occurs on exactly one line of a tree is found there.

    python -m benchmarks.quality.verbatim --checkouts DIR --annotations DIR [--seed N]
        [--mode MODE] [--repo NAME ...] [--json FILE] [--against FILE] [--index-root DIR] [--jobs N]

The queries are messages, lines of code, flags, keys, numbers and paths, unchanged. Scores: `first`,
`three`, `ten`: the line (for a path, the file) is in one of the first 1, 3 or 10 hits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.quality.checked_out import (
    RepositoryTask,
    drawn,
    indexed,
    repository_tasks,
    run_command,
    run_tasks,
)
from benchmarks.quality.draw_verbatim import VerbatimQuery, draw_verbatim
from benchmarks.quality.names import holds
from benchmarks.quality.runs import hits_of, place_text
from benchmarks.quality.set_command import Settings
from benchmarks.quality.set_run import Row, SetRun

if TYPE_CHECKING:
    from pathlib import Path

    from codelode import Index


def main() -> None:
    """Draw the texts, search for them, and print and compare the results."""
    run_command("verbatim", __doc__, run)


def run(checkouts: Path, annotations: Path, settings: Settings, seed: int = 0) -> SetRun:
    """Search for the texts of all repositories."""
    tasks = repository_tasks(checkouts, annotations, settings, seed)
    return run_tasks("verbatim", ask_repository, tasks, settings)


def ask_repository(task: RepositoryTask) -> list[Row]:
    """Draw the texts of one repository and search for them."""
    seed = f"{task.seed} {task.repository.name}"
    queries = drawn(task, "verbatim", lambda: draw_verbatim(task.tree, seed), VerbatimQuery)
    settings, name = task.settings, task.repository.name
    with indexed(task) as index:
        return [ask_text(index, name, query, settings) for query in queries]


def ask_text(index: Index, group: str, query: VerbatimQuery, settings: Settings) -> Row:
    """Search for one text and score the first ten hits."""
    hits = hits_of(index, query.query, settings.mode)
    right = [holds(hit, query.path, query.line) for hit in hits]
    return Row(
        group=group,
        kind=query.kind,
        tags=[],
        query=query.query,
        right=[query.path if query.line is None else f"{query.path}:{query.line}"],
        scores={
            "first": float(any(right[:1])),
            "three": float(any(right[:3])),
            "ten": float(any(right)),
        },
        hits=[place_text(hit) for hit in hits],
    )


if __name__ == "__main__":
    main()
