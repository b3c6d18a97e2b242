"""Fit the ranker's weights to the queries of all sets, cross-validated by repository.

    python -m benchmarks.quality.fit --data DIR --index-root DIR [--cases FILE]
        [--add NAME,...] [--without NAME,...] [--splits N] [--folds N] [--ablate]

`--data` is the data folder of `benchmarks.quality.all`. Prints three things: the score of each set
under the weights in force; its score under weights fitted without the repository that is scored
(`fit_choice` says how), with paired differences and intervals over repositories; and the weights
fitted to everything, to be copied by hand, with the settings that made them. Exits with 1 if these
are not the weights in force. The second of the three is made with N splits of the repositories into
`--folds` parts; `--splits 0` leaves it out. `--add` adds features of `fit_features`, or `all` of
them; `--without` takes some away. `--ablate` also prints the difference that leaving out each
feature makes. `--cases` saves the features of all candidates to a file, and reads them from there
the next time.

Set OPENBLAS_NUM_THREADS=1: the matrices are small, and more threads make the fit several times
slower. A split then takes 40 s.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.quality.fit_cases import ALL_FEATURES, collect, load_cases, save_cases
from benchmarks.quality.fit_choice import best_plan, by_set, cross_validate
from benchmarks.quality.fit_features import EXTRA
from benchmarks.quality.fit_model import WEIGHT_OF_SET, Plan, Table, fit_tables, present_scores
from benchmarks.quality.set_command import Settings
from codelode.search.gathered import FEATURES
from codelode.search.rank import FIXED, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.quality.fit_cases import Case


def main() -> None:
    """Collect, cross-validate, fit, report; exit with 1 unless the fitted weights are in force."""
    options = _parse()
    names = [*FEATURES, *(EXTRA if options.add == ["all"] else options.add)]
    if unknown := {*names, *options.without} - set(ALL_FEATURES):
        raise SystemExit(f"no such feature: {', '.join(sorted(unknown))}")
    names = [name for name in names if name not in {*options.without, *FIXED}]
    cases = _cases(options)
    present = [case.score(present_scores(case)) for case in cases]
    print_scores("weights in force", cases, present)
    tables = [Table.of(case, names) for case in cases]
    plan = Plan(WEIGHT_OF_SET)
    if options.splits:
        fitted = cross_validate(tables, plan, options.folds, range(options.splits))
        print_scores(f"fitted, {len(names)} features, cross-validated", cases, fitted, present)
    plan = best_plan(tables, plan, options.folds, 0)
    if options.ablate:
        print_ablation(cases, plan, names, options.folds)
    print_plan(plan)
    if not print_weights(dict(zip(names, fit_tables(tables, plan).tolist(), strict=True))):
        sys.exit(1)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.fit")
    add = parser.add_argument
    add("--data", type=Path, required=True, help="the data folder of benchmarks.quality.all")
    add("--index-root", type=Path, required=True, help="keep indexes here")
    add("--cases", type=Path, help="a file to keep the candidates' features in (.npz)")
    add("--add", type=_names, default=[], help="features of fit_features, with commas, or all")
    add("--without", type=_names, default=[], help="features to leave out, with commas")
    add("--splits", type=int, default=10, help="ways to split the repositories")
    add("--folds", type=int, default=5)
    add("--ablate", action="store_true", help="what each feature is worth")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    return text.split(",")


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


def print_ablation(cases: Sequence[Case], plan: Plan, names: Sequence[str], folds: int) -> None:
    """Print the difference that leaving out each feature makes, cross-validated with one split."""

    def scores(kept: Sequence[str]) -> list[float]:
        tables = [Table.of(case, kept) for case in cases]
        return cross_validate(tables, plan, folds, [0], nested=False)

    fitted = scores(names)
    for name in names:
        without = scores([other for other in names if other != name])
        print_scores(f"without {name}", cases, without, fitted)


def print_plan(plan: Plan) -> None:
    """Print the settings of a fit."""
    sets = ", ".join(f"{name} {weight:.2f}" for name, weight in plan.sets.items())
    print(f"\nfitted to everything, penalty {plan.penalty:g}, sets: {sets}")


def print_weights(fitted: Mapping[str, float]) -> bool:
    """Print fitted weights, rounded to two decimals; return whether they are in force.

    They are in force if `codelode.search.rank` has the same weights. They are printed as lines of
    Python for that module.
    """
    weights = {name: round(weight, 2) for name, weight in fitted.items()}
    for name, weight in weights.items():
        print(f'    "{name}": {weight},')
    in_force = weights == {name: value for name, value in WEIGHTS.items() if name not in FIXED}
    print("these weights are in force" if in_force else "other weights are in force")
    return in_force


if __name__ == "__main__":
    main()
