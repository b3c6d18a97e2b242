"""The flags that all sets share, the parallel run of their tasks, and the output of results."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from benchmarks.quality.runs import MODES, Mode
from benchmarks.quality.set_run import SetRun, load_run, print_comparison, print_run, write_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a run that all sets share.

    `index_root` is the folder in which the set keeps its indexes, drawn queries and trees; with
    None, it keeps nothing. `jobs` is the number of repositories that run at once, one process each.
    """

    mode: Mode = "hybrid"
    model: str | None = None
    index_root: Path | None = None
    rebuild: bool = False
    jobs: int = 1
    repos: tuple[str, ...] = ()

    @property
    def index_jobs(self) -> int | None:
        """The number of indexing processes per repository; None means one process per core.

        It is 1 if repositories run in parallel, else None.
        """
        return None if self.jobs <= 1 else 1


def set_parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the flags that every set has."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.quality.{name}",
        description=(description or "").partition("\n")[0],
    )
    add = parser.add_argument
    add("--mode", choices=MODES, default="hybrid")
    add("--model", help="name or folder of an embedding model")
    add("--repo", action="append", default=[], help="only this repository; repeatable")
    add("--json", type=Path, help="write every query's scores and hits here")
    add("--against", type=Path, help="a file that --json wrote before: print the differences")
    add("--index-root", type=Path, help="keep indexes here and update them next time")
    add("--rebuild", action="store_true", help="index anew what --index-root keeps")
    add("--jobs", type=int, default=1, help="repositories at a time, a process each")
    return parser


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings among parsed flags."""
    return Settings(
        mode=options.mode,
        model=options.model,
        index_root=options.index_root,
        rebuild=options.rebuild,
        jobs=options.jobs,
        repos=tuple(options.repo),
    )


def for_each(
    function: Callable[[TaskT], ResultT], tasks: Sequence[TaskT], jobs: int
) -> list[ResultT]:
    """Return the results of all tasks, in order; `jobs` of them run at once."""
    if jobs <= 1 or len(tasks) <= 1:
        return [_done(function(task), number, tasks) for number, task in enumerate(tasks, 1)]
    # Workers are spawned: a fork would leave threads' locks and a mapped model undefined.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=jobs, mp_context=context) as pool:
        results = pool.map(function, tasks)
        return [_done(result, number, tasks) for number, result in enumerate(results, 1)]


def _done(result: ResultT, number: int, tasks: Sequence[object]) -> ResultT:
    if sys.stderr.isatty():
        print(f"\r{number} of {len(tasks)}", end="", file=sys.stderr, flush=True)
    return result


def finish(run: SetRun, options: argparse.Namespace) -> None:
    """Print a run; write and compare it if requested."""
    print_run(run)
    if options.json:
        write_run(run, options.json)
    if options.against:
        print_comparison(load_run(options.against), run)
