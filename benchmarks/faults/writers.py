"""Run several writers at once: one wins, the others wait or fail, and no update is lost.

    python -m benchmarks.faults.writers --rounds 25

Each process adds its own files and updates. With `wait` every update succeeds; without it, an
update that meets another one fails with `LockedError`. When an update returns, the file that its
writer added is in the index.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from collections import Counter
from functools import partial
from pathlib import Path

from benchmarks.faults.calls import finish, start
from benchmarks.faults.report import table
from benchmarks.faults.world import (
    WrongError,
    answers,
    clean_answers,
    code,
    contents,
    memory_folder,
    open_index,
    plant,
    scratch_folder,
    write,
)
from codelode.errors import LockedError


def write_and_update(
    root: Path, directory: Path, name: int, rounds: int, wait: float, begin: float
) -> str:
    """Run one writer: in each round, add a file and update; the index must then have the file."""
    rng = random.Random(name)
    results: Counter[str] = Counter()
    told: list[str] = []
    time.sleep(max(0.0, begin - time.monotonic()))
    for number in range(rounds):
        path, text = f"writer{name}/f{number}.py", code(rng)
        write(root, path, text)
        try:
            open_index(root, directory).update(jobs=1, wait=wait, on_wait=told.append)
        except LockedError as error:
            assert "another process (pid " in str(error)
            results["locked"] += 1
            continue
        assert contents(directory)[path] == text.encode(), "my update is lost"
        results["done"] += 1
    results["waited"] = len(told)
    return json.dumps(results)


def contend(folder: Path, writers: int, rounds: int, wait: float) -> Counter[str]:
    """Run `writers` processes at once; count updates by `done`, `locked` and `waited`.

    Raises `WrongError` if a process fails, if an update fails although `wait` is set, or if the
    index differs from a clean build.
    """
    root, directory = folder / "tree", folder / "index"
    shutil.rmtree(root, ignore_errors=True)
    shutil.rmtree(directory, ignore_errors=True)
    plant(root, 5, random.Random(1))
    begin = time.monotonic() + 0.1
    children = [
        start(partial(write_and_update, root, directory, name, rounds, wait, begin))
        for name in range(writers)
    ]
    results: Counter[str] = Counter()
    for child in children:
        outcome = finish(*child)
        if outcome.kind != "done":
            raise WrongError(f"{writers} writers: {outcome.kind}: {outcome.said}")
        results.update(json.loads(outcome.said.removeprefix("done ")))
    if wait and results["locked"]:
        raise WrongError(f"{results['locked']} updates failed instead of waiting")
    index = open_index(root, directory)
    index.update(jobs=1)
    if index.verify() or answers(index) != clean_answers(root, folder):
        raise WrongError("the index differs from a clean build")
    return results


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.writers")
    parser.add_argument("--rounds", type=int, default=25, help="updates per writer")
    options = parser.parse_args()
    rows: list[tuple[str, object]] = []
    for writers in range(2, 9):
        for wait in (0.0, 120.0):
            with scratch_folder(memory_folder()) as folder:
                results = contend(folder, writers, options.rounds, wait)
            how = "waiting" if wait else "not waiting"
            rows.append((f"{writers} writers, {how}", dict(results)))
            print(*rows[-1], flush=True)
    table("writers at once", [*rows, ("lost updates", 0)])


if __name__ == "__main__":
    main()
