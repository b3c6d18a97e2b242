"""Random commits to a roster: at every generation, a running cluster answers as one machine.

The long form is `python -m benchmarks.cluster.commits`.
"""

from __future__ import annotations

from pathlib import Path

from tests.cluster_histories import run_history


def test_random_commits_on_a_running_cluster(tmp_path: Path) -> None:
    assert run_history(tmp_path, commits=40, seed=1).answers > 40
