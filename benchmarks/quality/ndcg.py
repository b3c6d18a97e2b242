"""Measure NDCG@10 over annotated repositories through the public API.

    python -m benchmarks.quality.ndcg --checkouts DIR --annotations DIR [--mode MODE]
        [--repo NAME ...] [--json FILE] [--against FILE] [--index-root DIR] [--jobs N]

`README.md` beside this file describes the data and the meaning of the score.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality.dataset import (
    Query,
    Repository,
    load_queries,
    load_repositories,
    split_by_presence,
)
from benchmarks.quality.report import (
    QueryScore,
    RepositoryScore,
    load_run,
    print_comparison,
    print_run,
    summarize,
)
from benchmarks.quality.runs import MODES, Mode, ask, bring_up_to_date, index_folder
from benchmarks.quality.scoring import Place, mean, ndcg, ranks


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
    """Score the repositories; print, save or compare the result."""
    options = _parse()
    tasks = [
        Task(
            repository=repository,
            checkout=options.checkouts / repository.name,
            data=options.annotations,
            mode=options.mode,
            index_root=options.index_root,
            rebuild=options.rebuild,
            # With several repositories at a time, one process per repository is enough.
            index_jobs=None if options.jobs <= 1 else 1,
            model=options.model,
        )
        for repository in load_repositories(options.annotations, options.repo)
    ]
    absent = [task.repository.name for task in tasks if not task.checkout.is_dir()]
    if absent:
        raise SystemExit(f"no checkout of: {', '.join(absent)} (benchmarks.quality.checkouts)")
    run = summarize(options.mode, _score_all(tasks, options.jobs))
    print_run(run)
    if options.json:
        options.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    if options.against:
        print_comparison(load_run(options.against), run)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.ndcg")
    add = parser.add_argument
    add("--checkouts", type=Path, required=True, help="one folder per repository")
    add("--annotations", type=Path, required=True, help="folder of repos.json and annotations/")
    add("--mode", choices=MODES, default="hybrid")
    add("--model", help="name or folder of an embedding model")
    add("--repo", action="append", default=[], help="only this repository; repeatable")
    add("--json", type=Path, help="write every query's score and hits to this file")
    add("--against", type=Path, help="an earlier output of --json: print the differences")
    add("--index-root", type=Path, help="keep the indexes here and update them next time")
    add("--rebuild", action="store_true", help="rebuild the indexes in --index-root")
    add("--jobs", type=int, default=1, help="number of repositories at a time, one process each")
    return parser.parse_args()


def _score_all(tasks: list[Task], jobs: int) -> list[RepositoryScore]:
    if jobs <= 1:
        return [_progress(score_repository(task)) for task in tasks]
    # Spawn: a fork would inherit the parent's threads and mapped model in an undefined state.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=jobs, mp_context=context) as pool:
        return [_progress(row) for row in pool.map(score_repository, tasks)]


def _progress(row: RepositoryScore) -> RepositoryScore:
    print(f"{row['name']}: {row['score']:.3f}", file=sys.stderr, flush=True)
    return row


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
