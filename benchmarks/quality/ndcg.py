"""Measure NDCG@10 over annotated repositories through the public API.

    python -m benchmarks.quality.ndcg --checkouts DIR --annotations DIR [--mode MODE]
        [--repo NAME ...] [--json FILE] [--against FILE] [--index-root DIR] [--jobs N]

`README.md` beside this file describes the data and the meaning of the score.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality.checked_out import repository_tasks
from benchmarks.quality.dataset import Query, Repository, load_queries, split_by_presence
from benchmarks.quality.report import (
    QueryScore,
    RepositoryScore,
    as_set_run,
    load_run,
    print_comparison,
    print_run,
    summarize,
)
from benchmarks.quality.runs import Mode, ask, bring_up_to_date, index_folder
from benchmarks.quality.scoring import Place, mean, ndcg, ranks
from benchmarks.quality.set_command import Settings, for_each, set_parser, settings_of
from benchmarks.quality.set_run import ALL


@dataclass(frozen=True, slots=True)
class Task:
    """A repository to index and score, with everything a worker process needs."""

    repository: Repository
    checkout: Path
    data: Path
    mode: Mode
    index_root: Path | None
    rebuild: bool
    index_jobs: int | None
    model: str | None


def main() -> None:
    """Score the repositories; print the result, and save and compare it if asked to."""
    options = _parse()
    settings = settings_of(options)
    tasks = ndcg_tasks(options.checkouts, options.annotations, settings)
    run = summarize(options.mode, for_each(score_repository, tasks, options.jobs))
    print_run(run)
    found = as_set_run(run)["scores"][ALL]["ndcg"]
    print(f"95 % interval over repositories: [{found['low']:.4f}, {found['high']:.4f}]")
    if options.json:
        options.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    if options.against:
        print_comparison(load_run(options.against), run)


def ndcg_tasks(checkouts: Path, annotations: Path, settings: Settings) -> list[Task]:
    """Return a task for each repository. Exits with a message if a checkout is missing."""
    return [
        Task(
            repository=task.repository,
            checkout=checkouts / task.repository.name,
            data=annotations,
            mode=settings.mode,
            index_root=settings.index_root,
            rebuild=settings.rebuild,
            index_jobs=settings.index_jobs,
            model=settings.model,
        )
        for task in repository_tasks(checkouts, annotations, settings, seed=0)
    ]


def _parse() -> argparse.Namespace:
    parser = set_parser("ndcg", __doc__)
    parser.add_argument("--checkouts", type=Path, required=True, help="one folder per repository")
    help_text = "folder of repos.json and annotations/"
    parser.add_argument("--annotations", type=Path, required=True, help=help_text)
    return parser.parse_args()


def score_repository(task: Task) -> RepositoryScore:
    """Index the repository's benchmark folder and score its queries."""
    repository = task.repository
    queries, dropped = split_by_presence(
        load_queries(task.data, repository.name), task.checkout, repository.root
    )
    with index_folder(task.index_root, repository.name) as folder:
        tree = task.checkout / repository.root
        index, cost = bring_up_to_date(
            tree, folder, rebuild=task.rebuild, jobs=task.index_jobs, model=task.model
        )
        scored: list[QueryScore] = []
        seconds: list[float] = []
        for query in queries:
            places, took = ask(index, query.text, task.mode, prefix=repository.root)
            scored.append(score_query(query, places))
            seconds.append(took)
    return RepositoryScore(
        name=repository.name,
        language=repository.language,
        score=mean(row["score"] for row in scored),
        dropped=len(dropped),
        files_indexed=cost.files,
        chunks=cost.chunks,
        index_seconds=round(cost.seconds, 3),
        query_ms=round(1000 * mean(seconds), 2),
        queries=scored,
    )


def score_query(query: Query, places: list[Place]) -> QueryScore:
    """Score the hits of one query, with everything needed to study a failure."""
    found = ranks(places, query.targets)
    return QueryScore(
        query=query.text,
        category=query.category,
        score=round(ndcg(found), 6),
        targets=[str(target) for target in query.targets],
        ranks=found,
        hits=[f"{place.path}:{place.start_line}-{place.end_line}" for place in places],
    )


if __name__ == "__main__":
    main()
