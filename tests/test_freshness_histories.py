"""Random histories of a tree: an answer is stale only if it says so.

`python -m benchmarks.freshness.histories` runs hundreds of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.freshness.histories import run


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.mark.parametrize("watch", [False, True], ids=["alone", "watched"])
@pytest.mark.parametrize("seed", range(6))
def test_from_python(tmp_path: Path, seed: int, watch: bool) -> None:
    kinds = run(tmp_path, 1000 + seed, 8, "api", watch)
    assert kinds["fresh"] > 0


@pytest.mark.parametrize("watch", [False, True], ids=["alone", "watched"])
def test_from_the_command_line(tmp_path: Path, watch: bool) -> None:
    kinds = run(tmp_path, 2000, 5, "cli", watch)
    assert kinds["fresh"] > 0
