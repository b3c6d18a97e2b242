"""Random histories of a tree: an answer is stale only if it says so.

`python -m benchmarks.freshness.histories` runs hundreds of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.freshness.histories import in_text, run


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
@pytest.mark.parametrize("way", ["cli", "mcp"])
def test_from_other_processes(tmp_path: Path, way: str, watch: bool) -> None:
    kinds = run(tmp_path, 2000, 5, way, watch)
    assert kinds["fresh"] > 0


def test_texts_for_models_are_read() -> None:
    text = "a.py:1 word1x: word1x = 1 [1-1]\n\nb/c.py:3 f [3-4]\n    word1x\n\n[index: 2 files, {}]"
    assert in_text(text.format("up to date"), "word1x") == (True, {"a.py", "b/c.py"})
    assert in_text(text.format("1 file changed since"), "word1") == (False, {"a.py", "b/c.py"})
    assert in_text("nothing found\n\n[index: 2 files, up to date]", "word1x") == (True, set())
