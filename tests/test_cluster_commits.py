"""Random commits to a roster on a running cluster: as on one machine, at every generation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster_histories import run_history


def test_random_commits_on_a_running_cluster(tmp_path: Path) -> None:
    assert run_history(tmp_path, commits=40, seed=1).answers > 40


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_300_random_commits_on_a_running_cluster(tmp_path: Path, seed: int) -> None:
    run_history(tmp_path, commits=300, seed=seed)
