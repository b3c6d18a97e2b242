"""Kill an updating process with SIGKILL, at random moments and before every system call.

    python -m benchmarks.faults.kill --runs 1000
    python -m benchmarks.faults.kill --command --runs 50      # `lode index` with two workers

After each kill the index opens in under a second, is intact, and holds the old or the new content.
No acknowledged commit is lost. The next update succeeds and equals a clean build.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from benchmarks.faults.calls import Outcome, finish, in_child, intercepted, kill_at, start
from benchmarks.faults.report import Ticker, table
from benchmarks.faults.world import (
    Contents,
    WrongError,
    answers,
    clean_answers,
    contents_or_none,
    edit,
    leftovers,
    memory_folder,
    must_be_whole,
    open_index,
    plant,
    scratch_folder,
)

SMALL_SEGMENTS = 24
"""Chunks per segment: so few that one update makes several commits and compacts."""


@dataclass(slots=True)
class Scene:
    """A tree, an index of its state before an update (or none), and the result of the update."""

    folder: Path
    root: Path
    before: Path
    old: Contents | None
    new: Contents
    answers: list[object]
    rebuild: bool = False

    def copy(self) -> Path:
        """Return a fresh copy of the index before the update."""
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        if self.before.exists():
            shutil.copytree(self.before, work)
        return work

    def update(self, directory: Path) -> int:
        """Run the update that gets killed; return the generation."""
        return open_index(self.root, directory).update(jobs=1, rebuild=self.rebuild).generation


@dataclass(slots=True)
class Tally:
    """The outcomes of many runs."""

    runs: int = 0
    states: Counter[str] = field(default_factory=Counter)
    slowest_open: float = 0.0
    acknowledged: int = 0


def small_segments() -> AbstractContextManager[object]:
    """Make segments tiny in this process and its forks."""
    return patch("codelode.pipeline.seal.SEGMENT_CHUNKS", SMALL_SEGMENTS)


def make_scene(
    folder: Path, seed: int, *, files: int = 24, edits: int = 10, updates: int = 0, **options: bool
) -> Scene:
    """Make a tree with `updates` earlier states, and an index that was updated at each of them.

    If `updates` is 0, there is no index yet.
    """
    rng = random.Random(seed)
    root, before, after = folder / "tree", folder / "before", folder / "after"
    plant(root, files, rng)
    for _ in range(updates):
        open_index(root, before).update(jobs=1)
        edit(root, rng, edits)
    old = contents_or_none(before)
    if before.exists():
        shutil.copytree(before, after)
    open_index(root, after).update(jobs=1)
    new = contents_or_none(after)
    assert new is not None
    return Scene(folder, root, before, old, new, clean_answers(root, folder), **options)


def check(scene: Scene, work: Path, outcome: Outcome, tally: Tally) -> None:
    """Raise `WrongError` unless the index in `work` is in a valid state for this outcome."""
    state, seconds = must_be_whole(work, scene.old, scene.new, outcome.acknowledged)
    if seconds > 1:
        raise WrongError(f"opening took {seconds:.1f} s")
    index = open_index(scene.root, work)
    index.update(jobs=1)
    if answers(index) != scene.answers:
        raise WrongError("the next update does not equal a clean build")
    if index.verify() or leftovers(work):
        raise WrongError(f"the next update leaves {index.verify()} {leftovers(work)}")
    tally.runs += 1
    tally.states[state] += 1
    tally.slowest_open = max(tally.slowest_open, seconds)
    tally.acknowledged += outcome.acknowledged


def kill_at_every_call(scene: Scene, tally: Tally, only: Callable[[int], bool] = bool) -> int:
    """Kill before the 1st, 2nd, 3rd … call of an update; return the number of calls."""
    number = 0
    while True:
        number += 1
        if not only(number):
            continue
        work = scene.copy()

        def killed(work: Path = work, number: int = number) -> int:
            with intercepted(work, kill_at(number)):
                return scene.update(work)

        outcome = in_child(killed)
        if outcome.kind not in ("killed", "done"):
            raise WrongError(f"call {number}: {outcome.kind}: {outcome.said}")
        check(scene, work, outcome, tally)
        if outcome.kind == "done":
            return number - 1


def kill_at_random(scene: Scene, runs: int, rng: random.Random, tally: Tally) -> None:
    """Kill updates after random times, up to slightly more than an update takes."""
    began = time.perf_counter()
    in_child(lambda: scene.update(scene.copy()))
    usual = time.perf_counter() - began
    ticker = Ticker("kill", runs)
    for number in range(runs):
        work = scene.copy()
        pid, reader = start(lambda work=work: scene.update(work))  # type: ignore[misc]
        time.sleep(rng.uniform(0, 1.1 * usual))
        os.kill(pid, signal.SIGKILL)
        outcome = finish(pid, reader)
        if outcome.kind not in ("killed", "done"):
            raise WrongError(f"run {number}: {outcome.kind}: {outcome.said}")
        check(scene, work, outcome, tally)
        ticker.tick(number)


def kill_command(runs: int, rng: random.Random, folder: Path, tally: Tally) -> None:
    """Kill `lode index --jobs 2`, whose workers must die with it."""
    from codelode import Index

    root, before = folder / "tree", folder / "before"
    plant(root, 600, rng, functions=150)
    Index.open(root, before).update()
    for path in sorted(root.rglob("*.py"))[::2]:
        path.write_text(path.read_text().replace("the", "each"))
    shutil.copytree(before, folder / "after")
    new_index = Index.open(root, folder / "after")
    new_index.update()
    old = contents_or_none(Index.open(root, before).directory)
    new, expected = contents_or_none(new_index.directory), answers(new_index)
    assert new is not None
    command = [sys.executable, "-m", "codelode", "index", str(root), "--jobs", "2", "--json"]
    usual = 0.0
    for number in range(runs + 1):
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(before, work)
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--index-dir", str(work)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        if number:
            time.sleep(rng.uniform(0, 1.05 * usual))
            process.kill()
        said, _ = process.communicate()
        usual = usual or time.perf_counter() - began
        index = Index.open(root, work)
        state, seconds = must_be_whole(index.directory, old, new, b'"generation"' in said)
        index.update(jobs=1)
        if answers(index) != expected or leftovers(index.directory):
            raise WrongError("the next update does not equal the undisturbed one")
        tally.runs += 1
        tally.states[state] += 1
        tally.slowest_open = max(tally.slowest_open, seconds)


SCENES: dict[str, dict[str, int | bool]] = {
    "first build": {"updates": 0},
    "second update": {"updates": 1},
    "sixth update": {"updates": 5, "edits": 4},
    "rebuild": {"updates": 2, "rebuild": True},
}


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.kill")
    parser.add_argument("--runs", type=int, default=1000, help="kills at random moments")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--command", action="store_true", help="kill `lode index --jobs 2`")
    parser.add_argument("--disk", action="store_true", help="on disk instead of in memory")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    parent = None if options.disk else memory_folder()
    tally = Tally()
    boundaries: dict[str, int] = {}
    if options.command:
        with scratch_folder(parent) as folder:
            kill_command(options.runs, rng, folder, tally)
    else:
        for number, (name, arguments) in enumerate(SCENES.items()):
            with small_segments(), scratch_folder(parent) as folder:
                scene = make_scene(folder, options.seed + number, **arguments)  # type: ignore[arg-type]
                boundaries[name] = kill_at_every_call(scene, tally)
                kill_at_random(scene, options.runs // len(SCENES), rng, tally)
                print(f"{name}: {boundaries[name]} system calls", flush=True)
    table(
        "kill -9",
        [
            ("runs", tally.runs),
            ("of them at system calls", sum(boundaries.values())),
            ("system calls by scene", boundaries),
            ("found afterwards", dict(tally.states)),
            ("acknowledged", tally.acknowledged),
            ("slowest open, s", f"{tally.slowest_open:.3f}"),
            ("wrong", 0),
        ],
    )


if __name__ == "__main__":
    main()
