"""Run every set whose data is present and print one table, to judge a change on all sets.

    python -m benchmarks.quality.all --data DIR [--sets NAME,...] [--details] [--mode MODE]
        [--json FILE] [--against FILE] [--index-root DIR] [--rebuild] [--jobs N]

`--data` holds `checkouts/`, `quality/` (repos.json, annotations/, bug-reports.json), `mirrors/`,
`cosqa/` (data/search of its repository) and `packages/`, or links to them. A set without data is
left out, with a message. `--index-root` keeps the indexes; give each measured version its own.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from benchmarks.quality import bugreports, cosqa, mixed, names, stdlib, traces, verbatim
from benchmarks.quality.ndcg import ndcg_tasks, score_repository
from benchmarks.quality.report import as_set_run, summarize
from benchmarks.quality.set_command import Settings, for_each, set_parser, settings_of
from benchmarks.quality.set_run import ALL, TABLE_HEAD, SetRun, differences, table_lines

if TYPE_CHECKING:
    from collections.abc import Callable

HEADLINES: dict[str, dict[str, tuple[str, ...]]] = {
    "ndcg": {ALL: ("ndcg",), "semantic": ("ndcg",), "architecture": ("ndcg",), "symbol": ("ndcg",)},
    "names": {
        "written": ("first", "called", "line", "shown"),
        "other case": ("first",),
        "typing error": ("three",),
        "scoped": ("first",),
    },
    "verbatim": {ALL: ("first", "three")},
    "bugreports": {"report": ("hit@10", "all@10", "mrr"), "title": ("hit@10", "all@10", "mrr")},
    "traces": {"trace": ("first", "three", "line"), "output": ("first", "three", "line")},
    "cosqa": {ALL: ("mrr", "hit@1")},
    "stdlib": {ALL: ("mrr",)},
    "mixed": {ALL: ("mrr", "hit@1", "hit@10"), "code": ("mrr",), "prose": ("mrr",)},
}
"""The columns of the short table for each set."""


class AllRuns(TypedDict):
    """The runs of all sets, by name."""

    sets: dict[str, SetRun]


def main() -> None:
    """Run the sets; print, write and compare the results."""
    parser = set_parser("all", __doc__)
    parser.add_argument("--data", type=Path, required=True, help="where the sets' data is")
    parser.add_argument("--sets", help=f"only these, with commas: {','.join(HEADLINES)}")
    parser.add_argument("--details", action="store_true", help="every kind and score")
    options = parser.parse_args()
    wanted = options.sets.split(",") if options.sets else list(HEADLINES)
    if unknown := set(wanted) - HEADLINES.keys():
        raise SystemExit(f"no such set: {', '.join(sorted(unknown))}")
    runs: dict[str, SetRun] = {}
    for name, run in runners(options.data, settings_of(options)).items():
        if name in wanted:
            start = time.perf_counter()
            runs[name] = run()
            print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    print(TABLE_HEAD)
    for found in runs.values():
        print("\n".join(table_lines(found if options.details else headlines(found))))
    if options.json:
        text = json.dumps(AllRuns(sets=runs), indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")
    if options.against:
        before = cast("AllRuns", json.loads(options.against.read_text(encoding="utf-8")))
        print_differences(before["sets"], runs, options.details)


def runners(data: Path, settings: Settings) -> dict[str, Callable[[], SetRun]]:
    """Return the runner of each set that has its data; report the others on stderr."""
    checkouts, quality = data / "checkouts", data / "quality"
    reports = quality / "bug-reports.json"
    found: dict[str, tuple[list[Path], Callable[[], SetRun]]] = {
        "ndcg": ([checkouts, quality], lambda: _ndcg(checkouts, quality, settings)),
        "names": ([checkouts, quality], lambda: names.run(checkouts, quality, settings)),
        "verbatim": ([checkouts, quality], lambda: verbatim.run(checkouts, quality, settings)),
        "bugreports": (
            [reports, data / "mirrors"],
            lambda: bugreports.run(reports, data / "mirrors", settings),
        ),
        "traces": ([checkouts, quality], lambda: traces.run(checkouts, quality, settings)),
        "cosqa": ([data / "cosqa"], lambda: cosqa.run(data / "cosqa", settings)),
        "stdlib": (
            [],
            lambda: stdlib.as_set_run(stdlib.ask_library(settings, stdlib.default_library())),
        ),
        "mixed": ([data / "packages"], lambda: mixed.run(data / "packages", settings)),
    }
    for name, (needed, _) in found.items():
        if absent := [path.name for path in needed if not path.exists()]:
            print(f"{name}: left out, no {', '.join(absent)} in {data}", file=sys.stderr)
    return {
        name: run for name, (needed, run) in found.items() if all(path.exists() for path in needed)
    }


def _ndcg(checkouts: Path, annotations: Path, settings: Settings) -> SetRun:
    tasks = ndcg_tasks(checkouts, annotations, settings)
    return as_set_run(summarize(settings.mode, for_each(score_repository, tasks, settings.jobs)))


def headlines(run: SetRun) -> SetRun:
    """Return the run with only the scores in `HEADLINES`, for a table without details."""
    kept = {
        kind: {name: run["scores"][kind][name] for name in chosen if name in run["scores"][kind]}
        for kind, chosen in HEADLINES[run["set"]].items()
        if kind in run["scores"]
    }
    return {**run, "scores": kept}


def print_differences(before: dict[str, SetRun], after: dict[str, SetRun], details: bool) -> None:
    """Print the paired differences of the sets that are in both runs."""
    print("\ndifferences, over the queries that both runs have:")
    for name, run in after.items():
        if name not in before:
            continue
        compared = differences(before[name], run)
        print("\n".join(table_lines(compared if details else headlines(compared), "+.3f")))


if __name__ == "__main__":
    main()
