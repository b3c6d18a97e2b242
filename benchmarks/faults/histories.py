"""Check that any history of edits and updates ends in the same index as a clean build.

python -m benchmarks.faults.histories --histories 500
"""

from __future__ import annotations

import argparse
import random
import shutil
from pathlib import Path

from benchmarks.faults.kill import small_segments
from benchmarks.faults.report import Ticker, table
from benchmarks.faults.world import (
    WrongError,
    answers,
    contents,
    edit,
    memory_folder,
    open_index,
    plant,
    scratch_folder,
)


def history(folder: Path, seed: int) -> tuple[int, int]:
    """Edit a tree and update its index a few times; compare the index with a clean build.

    Before some edits, the tree is reset to its first state. Returns the numbers of updates and
    edits. Raises `WrongError` if the index, its answers or its status differ from those of a clean
    build, or if the verification of the index finds damage.
    """
    rng = random.Random(seed)
    root, branch = folder / "tree", folder / "branch"
    plant(root, rng.randint(1, 25), rng, rng.randint(1, 8))
    shutil.copytree(root, branch)
    grown = open_index(root, folder / "grown")
    updates, edits = rng.randint(2, 10), 0
    for _ in range(updates):
        count = rng.choice([0, 1, 1, 3, 12])
        if rng.random() < 0.2:  # like checking out another branch
            shutil.rmtree(root)
            shutil.copytree(branch, root, copy_function=rng.choice([shutil.copy, shutil.copy2]))
        edit(root, rng, count)
        edits += count
        grown.update(jobs=1)
    clean = open_index(root, folder / "clean")
    clean.update(jobs=1)
    if contents(folder / "grown") != contents(folder / "clean"):
        raise WrongError(f"seed {seed}: the content differs from a clean build")
    if answers(grown) != answers(clean):
        raise WrongError(f"seed {seed}: the answers differ from a clean build")
    old, new = grown.status(changes=False), clean.status(changes=False)
    if (old.files, old.chunks, old.skipped) != (new.files, new.chunks, new.skipped):
        raise WrongError(f"seed {seed}: the status differs from a clean build")
    if findings := grown.verify():
        raise WrongError(f"seed {seed}: {findings[0]}")
    return updates, edits


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.histories")
    parser.add_argument("--histories", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    ticker = Ticker("histories", options.histories)
    updates = edits = 0
    for number in range(options.histories):
        with small_segments(), scratch_folder(memory_folder()) as folder:
            more = history(folder, options.seed * 100_000 + number)
        updates, edits = updates + more[0], edits + more[1]
        ticker.tick(number)
    table(
        "edit histories",
        [
            ("histories", options.histories),
            ("updates", updates),
            ("edits", edits),
            ("different from a clean build", 0),
        ],
    )


if __name__ == "__main__":
    main()
