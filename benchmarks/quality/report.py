"""A run of the NDCG benchmark: its data, its table, and its comparison with another run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypedDict, cast

from benchmarks.quality.scoring import mean
from benchmarks.quality.set_run import Row, SetRun
from benchmarks.quality.set_run import summarize as summarize_set

if TYPE_CHECKING:
    from pathlib import Path

CATEGORIES = ("semantic", "architecture", "symbol")
SHOWN_CHANGES = 12


class QueryScore(TypedDict):
    """One query: NDCG@10, the 1-based rank of each target (or None), and the hits."""

    query: str
    category: str
    score: float
    targets: list[str]
    ranks: list[int | None]
    hits: list[str]


class RepositoryScore(TypedDict):
    """One repository: `score` is the mean over its queries, `query_ms` the mean warm time."""

    name: str
    language: str
    score: float
    dropped: int
    files_indexed: int
    chunks: int
    index_seconds: float
    query_ms: float
    queries: list[QueryScore]


class Run(TypedDict):
    """A whole run. `overall` is the mean over repositories, `categories` are means over queries."""

    mode: str
    overall: float
    categories: dict[str, float]
    repositories: list[RepositoryScore]


def summarize(mode: str, repositories: list[RepositoryScore]) -> Run:
    """Combine the scores of the repositories."""
    return Run(
        mode=mode,
        overall=mean(row["score"] for row in repositories),
        categories={name: mean(_of_category(repositories, name)) for name in CATEGORIES},
        repositories=repositories,
    )


def as_set_run(run: Run) -> SetRun:
    """Return the run in the form that all sets have, with bootstrap intervals over repositories."""
    rows = [
        Row(
            group=repository["name"],
            kind=query["category"],
            tags=[],
            query=query["query"],
            right=query["targets"],
            scores={"ndcg": query["score"]},
            hits=query["hits"],
        )
        for repository in run["repositories"]
        for query in repository["queries"]
    ]
    return summarize_set("ndcg", run["mode"], rows, "groups")


def load_run(path: Path) -> Run:
    """Read a run that `--json` wrote."""
    return cast("Run", json.loads(path.read_text(encoding="utf-8")))


def print_run(run: Run) -> None:
    """Print one line per repository, one per category, and the overall mean."""
    print(f"{'repository':20} {'language':11} {'NDCG@10':>7} {'queries':>7} {'ms':>6}  categories")
    for row in run["repositories"]:
        parts = [f"{name[:3]} {_shown(_of_category([row], name))}" for name in CATEGORIES]
        dropped = f"  {row['dropped']} dropped" if row["dropped"] else ""
        print(
            f"{row['name']:20} {row['language']:11} {row['score']:7.4f} {len(row['queries']):7}"
            f" {row['query_ms']:6.1f}  {'  '.join(parts)}{dropped}"
        )
    print()
    for name in CATEGORIES:
        count = len(_of_category(run["repositories"], name))
        print(f"{name:20} {'':11} {run['categories'][name]:7.4f} {count:7}")
    total = sum(len(row["queries"]) for row in run["repositories"])
    print(f"{'mean of repositories':20} {run['mode']:11} {run['overall']:7.4f} {total:7}")


def print_comparison(before: Run, after: Run) -> None:
    """Print the differences between two runs, over their common repositories and queries."""
    old = {row["name"]: row for row in before["repositories"]}
    pairs = [(old[row["name"]], row) for row in after["repositories"] if row["name"] in old]
    print(f"\nagainst a run in mode {before['mode']}, {len(pairs)} repositories in common:")
    for was, now in sorted(pairs, key=lambda pair: pair[1]["score"] - pair[0]["score"]):
        difference = now["score"] - was["score"]
        if abs(difference) >= 5e-5:  # otherwise, four decimals show 0
            print(f"  {now['name']:20} {was['score']:.4f} -> {now['score']:.4f}  {difference:+.4f}")
    overall = mean(now["score"] - was["score"] for was, now in pairs)
    print(f"  {'mean of repositories':20} {overall:+.4f}")
    _print_changed_queries(pairs)


def _print_changed_queries(pairs: list[tuple[RepositoryScore, RepositoryScore]]) -> None:
    changes: list[tuple[float, str, str, str]] = []
    for was, now in pairs:
        scores = {row["query"]: row for row in was["queries"]}
        for row in now["queries"]:
            if row["query"] not in scores:
                continue
            earlier = scores[row["query"]]
            difference = row["score"] - earlier["score"]
            if difference:
                moved = f"{_places(earlier['ranks'])} -> {_places(row['ranks'])}"
                changes.append((difference, now["name"], row["query"], moved))
    if not changes:
        print("no query changed")
        return
    changes.sort()
    gains = sum(1 for change in changes if change[0] > 0)
    print(f"\n{gains} queries better, {len(changes) - gains} worse; the largest changes:")
    half = SHOWN_CHANGES // 2
    shown = changes if len(changes) <= SHOWN_CHANGES else [*changes[:half], *changes[-half:]]
    for difference, name, query, moved in shown:
        print(f"  {difference:+.3f}  {name:18} {query[:60]:60} ranks {moved}")


def _places(target_ranks: list[int | None]) -> str:
    return ",".join("-" if rank is None else str(rank) for rank in target_ranks)


def _of_category(repositories: list[RepositoryScore], category: str) -> list[float]:
    return [
        query["score"]
        for row in repositories
        for query in row["queries"]
        if query["category"] == category
    ]


def _shown(scores: list[float]) -> str:
    return f"{mean(scores):.3f}" if scores else "  -  "
