"""Commit to a roster at random while a cluster searches it; compare every generation.

    python -m benchmarks.cluster.commits [--commits 300] [--seeds 1 2 3]

Repositories are added, updated, relabeled, removed and compacted; objects that no generation names
are removed from the store. Searchers end and start again. After each commit, the answers of the
cluster must equal the answers of one machine in all fields, for users with different labels. During
the commits, the hits of a search must equal its hits at one of the latest generations. The first
difference ends the run. A seed always makes the same commits.
"""

from __future__ import annotations

import argparse
import time

from benchmarks.faults.world import scratch_folder
from tests.cluster_histories import run_history


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster.commits")
    parser.add_argument("--commits", type=int, default=300)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    for seed in options.seeds:
        began = time.monotonic()
        with scratch_folder() as folder:
            found = run_history(folder, options.commits, seed)
        print(
            f"seed {seed}: {options.commits} commits, {found.generations} generations,"
            f" {found.answers} answers after commits and {found.searches} during them, all right;"
            f" {found.restarts} searchers started again; {time.monotonic() - began:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
