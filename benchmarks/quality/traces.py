"""Measure whether searches for stack traces and tools' output find the place of the error.

    python -m benchmarks.quality.traces --checkouts DIR --annotations DIR [--seed N]
        [--mode MODE] [--repo NAME ...] [--json FILE] [--against FILE] [--index-root DIR] [--jobs N]

From every repository, `draw_traces` draws up to two reports: a stack trace, and the output of a
compiler or test runner. The right file is the one in which the error was raised. Scores: `first`,
`three`, `ten`: the file is one of the first 1, 3 or 10 hits; `line`: the first hit points into it,
within ten lines of the error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.quality.checked_out import (
    RepositoryTask,
    indexed,
    repository_tasks,
    run_command,
    run_tasks,
)
from benchmarks.quality.draw_traces import TraceQuery, draw_traces
from benchmarks.quality.runs import hits_of, place_text
from benchmarks.quality.set_command import Settings
from benchmarks.quality.set_run import Row, SetRun

if TYPE_CHECKING:
    from pathlib import Path

    from codelode import Index

_NEAR = 10


def main() -> None:
    """Draw the reports, search for them, print the scores, and compare them if asked to."""
    run_command("traces", __doc__, run)


def run(checkouts: Path, annotations: Path, settings: Settings, seed: int = 0) -> SetRun:
    """Search for the reports of all repositories."""
    tasks = repository_tasks(checkouts, annotations, settings, seed)
    return run_tasks("traces", ask_repository, tasks, settings)


def ask_repository(task: RepositoryTask) -> list[Row]:
    """Draw the reports of one repository and search for them."""
    settings, repository = task.settings, task.repository
    with indexed(task) as index:
        lead = f"{repository.root}/" if str(repository.root) not in ("", ".") else ""
        seed = f"{task.seed} {repository.name}"
        queries = draw_traces(index, repository.language, lead, seed)
        return [ask_report(index, repository.name, query, settings) for query in queries]


def ask_report(index: Index, group: str, query: TraceQuery, settings: Settings) -> Row:
    """Search for one report and score the first ten hits."""
    hits = hits_of(index, query.query, settings.mode)
    right = [hit.path == query.path for hit in hits]
    scores = {
        "first": float(any(right[:1])),
        "three": float(any(right[:3])),
        "ten": float(any(right)),
    }
    if any(right[:1]):
        scores["line"] = float(abs(hits[0].line - query.line) <= _NEAR)
    return Row(
        group=group,
        kind=query.kind,
        tags=[],
        query=query.query,
        right=[f"{query.path}:{query.line}"],
        scores=scores,
        hits=[place_text(hit) for hit in hits],
    )


if __name__ == "__main__":
    main()
