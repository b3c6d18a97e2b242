"""Fit the ranker's weights to annotated queries, cross-validated by repository.

    python -m benchmarks.quality.fit --checkouts DIR --annotations DIR --index-root DIR [--folds N]

Coordinate ascent on NDCG@10 itself (Metzler and Croft, "Linear feature-based models for information
retrieval", 2007). Prints the score of the present weights, the cross-validated score of fitted
weights (the score to expect on unseen repositories), and weights fitted to all data, starting from
those in `codelode.search.rank`, to be copied by hand. Cross-validation starts from hand-made
weights: the present ones have seen every repository and would inflate the score.
"""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.dataset import Target, load_queries, load_repositories, split_by_presence
from benchmarks.quality.runs import bring_up_to_date
from benchmarks.quality.scoring import CUTOFF, Place, matches, mean, ndcg
from codelode.index import Index
from codelode.search.candidates import split_keys
from codelode.search.gather import gather
from codelode.search.gathered import FEATURES
from codelode.search.rank import QUESTION, SYMBOL, choose, feature_table
from codelode.search.request import SearchRequest
from codelode.search.searcher import prepare
from codelode.search.shard import Shard

STEPS = (-0.5, -0.2, -0.05, 0.05, 0.2, 0.5)
MIN_GAIN = 1e-5
SHRINK = 2e-4
"""Penalty per unit of absolute weight change: keeps weights without evidence unchanged."""

BY_HAND = {
    "cosine": 2.0,
    "bm25": 1.0,
    "coverage": 0.5,
    "file_cosine": 0.5,
    "file_bm25": 0.7,
    "file_coverage": 0.5,
    "file_hits": 0.2,
    "path": 0.7,
    "stem": 0.7,
    "stem_exact": 0.3,
    "defines": 1.0,
    "symbol": 0.5,
    "symbol_exact": 0.2,
    "test": -0.8,
    "example": -0.5,
    "generated": -0.4,
    "prose": -0.5,
    "reexport": -0.3,
}
"""Hand-made weights for questions."""
BY_HAND_SYMBOL = {**BY_HAND, "defines": 3.0, "cosine": 1.0, "bm25": 1.5}
"""Hand-made weights for names."""


@dataclass(frozen=True, slots=True)
class Case:
    """One query: features float64[n, f], file numbers int64[n], shown bool[n, targets]."""

    repository: str
    is_symbol: bool
    features: NDArray[np.float64]
    files: NDArray[np.int64]
    shown: NDArray[np.bool_]

    def score(self, weights: NDArray[np.float64]) -> float:
        """Return NDCG@10 of this query under some weights."""
        order = np.argsort(-(self.features * weights).sum(axis=1), kind="stable")
        top = choose(self.files, order[:200], CUTOFF)
        found = self.shown[top]
        first = np.where(found.any(axis=0), found.argmax(axis=0) + 1, 0)
        return ndcg([int(rank) or None for rank in first])


def collect(options: argparse.Namespace) -> list[Case]:
    """Return all queries of all repositories with the features of their candidates."""
    cases = []
    for repository in load_repositories(options.annotations, options.repo):
        checkout = options.checkouts / repository.name
        folder = options.index_root / repository.name
        index, cost = bring_up_to_date(
            checkout / repository.root,
            folder,
            rebuild=options.rebuild,
            jobs=options.jobs,
            model=options.model,
        )
        print(f"{repository.name}: {cost.seconds:.1f} s", file=sys.stderr)
        queries, _ = split_by_presence(
            load_queries(options.annotations, repository.name), checkout, repository.root
        )
        lead = f"{repository.root}/" if repository.root not in ("", ".") else ""
        cases += [_case(index, repository.name, lead, q.text, q.targets) for q in queries]
    return cases


def _case(index: Index, name: str, lead: str, text: str, targets: tuple[Target, ...]) -> Case:
    shard = Shard(index.snapshot())
    with shard.snapshot.held():
        context, terms = prepare(shard, index.encoder(), SearchRequest(text))
        table = feature_table([gather(shard, context, terms)], context)
    shown = np.zeros((len(table.keys), len(targets)), bool)
    numbers, ordinals = (part.tolist() for part in split_keys(table.keys))
    for row, (number, ordinal) in enumerate(zip(numbers, ordinals, strict=True)):
        segment = shard.segment(number)
        chunk = segment.chunks[ordinal]
        path = lead + segment.path(int(chunk["file"]))
        place = Place(path, int(chunk["start_line"]), int(chunk["end_line"]))
        shown[row] = [matches(place, target) for target in targets]
    features = table.features.astype(np.float64)
    return Case(name, context.query.is_symbol, features, table.files, shown)


def total(cases: list[Case], weights: NDArray[np.float64]) -> float:
    """Return the mean over repositories of the mean over their queries."""
    scores: dict[str, list[float]] = {}
    for case in cases:
        scores.setdefault(case.repository, []).append(case.score(weights))
    return mean(mean(values) for values in scores.values())


def ascend(cases: list[Case], start: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Change one weight at a time for as long as the score improves."""
    rng = random.Random(seed)
    weights = start.copy()

    def value(candidate: NDArray[np.float64]) -> float:
        return total(cases, candidate) - SHRINK * float(np.abs(candidate - start).sum())

    best, before = value(weights), -1.0
    while best > before + 1e-4:
        before = best
        columns = list(range(len(weights)))
        rng.shuffle(columns)
        for column in columns:
            for step in STEPS:
                candidate = weights.copy()
                candidate[column] += step * max(0.4, abs(weights[column]))
                found = value(candidate)
                if found > best + MIN_GAIN:
                    best, weights = found, candidate
    return weights


def cross_validate(cases: list[Case], start: NDArray[np.float64], folds: int) -> dict[str, float]:
    """Return the score of each repository under weights fitted without its fold."""
    names = sorted({case.repository for case in cases})
    random.Random(7).shuffle(names)
    scores: dict[str, float] = {}
    for fold in range(folds):
        held = set(names[fold::folds])
        weights = ascend([case for case in cases if case.repository not in held], start, fold)
        for name in held:
            scores[name] = mean(c.score(weights) for c in cases if c.repository == name)
    return scores


def main() -> None:
    """Fit the weights and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.fit")
    for flag in ("--checkouts", "--annotations", "--index-root"):
        parser.add_argument(flag, type=Path, required=True)
    parser.add_argument("--model", help="name or folder of an embedding model")
    parser.add_argument("--repo", nargs="*", default=[])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--rebuild", action="store_true")
    parser.add_argument("--jobs", type=int)
    options = parser.parse_args()
    cases = collect(options)
    combined: dict[str, list[tuple[int, float]]] = {}
    for label, table, by_hand, is_symbol in (
        ("QUESTION", QUESTION, BY_HAND, False),
        ("SYMBOL", SYMBOL, BY_HAND_SYMBOL, True),
    ):
        chosen = [case for case in cases if case.is_symbol == is_symbol]
        start, unfitted = (
            np.array([weights.get(name, 0.0) for name in FEATURES]) for weights in (table, by_hand)
        )
        print(f"{label}: {len(chosen)} queries, now {total(chosen, start):.4f}")
        if options.folds > 1:
            held = cross_validate(chosen, unfitted, options.folds)
            print(f"  cross-validated {mean(held.values()):.4f}")
            for name, score in held.items():
                count = sum(case.repository == name for case in chosen)
                combined.setdefault(name, []).append((count, score))
        weights = ascend(chosen, start, 0)
        print(f"  fitted to all   {total(chosen, weights):.4f}")
        for name, weight in zip(FEATURES, weights.tolist(), strict=True):
            print(f'    "{name}": {weight:.2f},')
    if combined:
        repos = [
            sum(n * s for n, s in rows) / sum(n for n, _ in rows) for rows in combined.values()
        ]
        print(f"cross-validated, all queries: {mean(repos):.4f}")


if __name__ == "__main__":
    main()
