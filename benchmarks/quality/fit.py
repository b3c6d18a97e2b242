"""Fit the ranker's weights to the queries of all sets, cross-validated by repository.

    python -m benchmarks.quality.fit --data DIR --index-root DIR [--cases FILE]
        [--train SET=WEIGHT,...] [--add NAME,...] [--without NAME,...] [--splits N] [--folds N]
        [--ablate]

`--data` is the data folder of `benchmarks.quality.all`. Prints three things: the score of each set
under the present weights; its score under weights fitted without the repository that is scored
(`fit_model` says how), with paired differences and intervals over repositories; and the weights
fitted to everything, to be copied by hand. `--add` adds features of `fit_features`, or `all` of
them. `--ablate` also prints the difference that leaving out each feature makes. `--cases` saves the
features of all candidates to a file, and reads them from there the next time.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.quality.fit_cases import ALL_FEATURES, collect, load_cases, save_cases
from benchmarks.quality.fit_features import EXTRA
from benchmarks.quality.fit_model import (
    PENALTIES,
    WEIGHT_OF_SET,
    Plan,
    best_penalty,
    by_set,
    cross_validate,
    fit_cases,
    present_scores,
)
from benchmarks.quality.set_command import Settings
from codelode.search.gathered import FEATURES
from codelode.search.rank import FIXED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.quality.fit_cases import Case


def main() -> None:
    """Collect, cross-validate, fit and report."""
    options = _parse()
    names = [*FEATURES, *(EXTRA if options.add == ["all"] else options.add)]
    if unknown := {*names, *options.without} - set(ALL_FEATURES):
        raise SystemExit(f"no such feature: {', '.join(sorted(unknown))}")
    names = [name for name in names if name not in {*options.without, *FIXED}]
    cases = _cases(options)
    present = [case.score(present_scores(case)) for case in cases]
    print_scores("present weights", cases, present)
    plan = Plan.of(names, options.train)
    fitted = cross_validate(cases, plan, options.folds, options.splits)
    print_scores(f"fitted, {len(names)} features, cross-validated", cases, fitted, present)
    if options.ablate:
        for name in names:
            rest = Plan.of([other for other in names if other != name], options.train)
            without = cross_validate(cases, rest, options.folds, options.splits, nested=False)
            print_scores(f"without {name}", cases, without, fitted)
    penalty = best_penalty(cases, plan, options.folds, 0)
    print(f"\nfitted to everything, penalty {penalty:g} (of {PENALTIES}):")
    for name, weight in zip(names, fit_cases(cases, plan, penalty).tolist(), strict=True):
        print(f'    "{name}": {weight:.2f},')


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.fit")
    add = parser.add_argument
    add("--data", type=Path, required=True, help="the data folder of benchmarks.quality.all")
    add("--index-root", type=Path, required=True, help="keep indexes here")
    add("--cases", type=Path, help="a file to keep the candidates' features in (.npz)")
    add("--train", type=_weights, default=WEIGHT_OF_SET, help="the sets to fit to: SET=WEIGHT,...")
    add("--add", type=_names, default=[], help="features of fit_features, with commas, or all")
    add("--without", type=_names, default=[], help="features to leave out, with commas")
    add("--splits", type=int, default=3, help="ways to split the repositories")
    add("--folds", type=int, default=5)
    add("--ablate", action="store_true", help="what each feature is worth")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    return text.split(",")


def _weights(text: str) -> dict[str, float]:
    pairs = (part.partition("=") for part in text.split(","))
    return {name: float(weight or 1) for name, _, weight in pairs}


def _cases(options: argparse.Namespace) -> list[Case]:
    if options.cases and options.cases.is_file():
        return load_cases(options.cases)
    cases = list(collect(options.data, Settings(index_root=options.index_root)))
    if options.cases:
        save_cases(cases, options.cases)
    return cases


def print_scores(
    label: str,
    cases: Sequence[Case],
    scores: Sequence[float],
    before: Sequence[float] | None = None,
) -> None:
    """Print the score of each set, and the paired difference from `before` with its interval."""
    print(f"\n{label}")
    gains = before and [now - was for now, was in zip(scores, before, strict=True)]
    changes = by_set(cases, gains) if gains else {}
    for name, found in by_set(cases, scores).items():
        line = f"  {name:9} {found['n']:5}  {found['value']:.4f}"
        if name in changes:
            gain = changes[name]
            line += f"  {gain['value']:+.4f}  [{gain['low']:+.4f}, {gain['high']:+.4f}]"
        print(line, flush=True)


if __name__ == "__main__":
    main()
