"""The scores of the quality benchmark, compared with values computed by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.quality.dataset import (
    Query,
    Target,
    load_queries,
    load_repositories,
    split_by_presence,
)
from benchmarks.quality.scoring import Place, matches, ndcg, ranks


def place(path: str, start: int = 1, end: int = 50) -> Place:
    return Place(path, start, end)


@pytest.mark.parametrize(
    ("target_ranks", "expected"),
    [
        ([1], 1.0),
        ([2], 0.63093),  # 1/log2(3)
        ([3], 0.5),  # 1/log2(4)
        ([10], 0.28906),  # 1/log2(11)
        ([11], 0.0),
        ([None], 0.0),
        ([1, 2], 1.0),
        ([2, 1], 1.0),
        ([1, None], 0.61315),  # 1/(1 + 0.63093)
        ([2, 3], 0.69343),  # (0.63093 + 0.5)/1.63093
        ([1, 4], 0.87722),  # (1 + 0.43068)/1.63093
        ([None, None, 1], 0.46928),  # 1/(1 + 0.63093 + 0.5)
    ],
)
def test_ndcg_by_hand(target_ranks: list[int | None], expected: float) -> None:
    assert ndcg(target_ranks) == pytest.approx(expected, abs=1e-5)


def test_ideal_is_capped_at_the_cutoff() -> None:
    assert ndcg([*range(1, 11), None, None]) == pytest.approx(1.0)
    assert ndcg([1, None, None], cutoff=2) == pytest.approx(1 / 1.63093, abs=1e-5)


def test_ndcg_of_no_target_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one target"):
        ndcg([])


@pytest.mark.parametrize(
    ("path", "target", "expected"),
    [
        ("lib/ctx.py", Target("lib/ctx.py"), True),
        ("src/Text/Pandoc/TeX.hs", Target("TeX.hs"), True),
        ("src/Text/Pandoc/LaTeX.hs", Target("TeX.hs"), False),
        ("TeX.hs", Target("src/TeX.hs"), False),
        ("lib/ctx.py", Target("lib/ctx.py", 50, 60), True),
        ("lib/ctx.py", Target("lib/ctx.py", 51, 60), False),
        ("lib/ctx.py", Target("lib/ctx.py", 10, 20), True),
        ("other/lib/ctx.py", Target("lib/ctx.py", 1, 1), True),
    ],
)
def test_a_hit_on_lines_1_to_50_matches(path: str, target: Target, expected: bool) -> None:
    assert matches(place(path), target) is expected


def test_rank_is_that_of_the_first_matching_hit() -> None:
    hits = [place("b.py"), place("a.py", 1, 9), place("a.py", 10, 20), place("b.py")]
    targets = [Target("a.py"), Target("a.py", 15, 15), Target("b.py"), Target("c.py")]
    assert ranks(hits, targets) == [2, 3, 1, None]


def test_data_is_read_and_queries_without_their_file_are_dropped(tmp_path: Path) -> None:
    data, checkout = tmp_path / "data", tmp_path / "tree"
    (data / "annotations").mkdir(parents=True)
    (checkout / "src").mkdir(parents=True)
    (checkout / "src" / "a.c").touch()
    row = {
        "name": "x",
        "language": "c",
        "url": "file:///x",
        "revision": "0",
        "benchmark_root": "src",
    }
    (data / "repos.json").write_text(
        json.dumps([row, {**row, "name": "y", "benchmark_root": None}])
    )
    lined = {"path": "src/a.c", "start_line": 3, "end_line": 4}
    queries = [
        {"query": "q1", "relevant": ["a.c"], "secondary": [lined], "category": "symbol"},
        {"query": "q2", "relevant": ["src/a.c"], "secondary": ["gone.c"], "category": "semantic"},
    ]
    (data / "annotations" / "x.json").write_text(json.dumps(queries))

    assert [repository.root for repository in load_repositories(data)] == ["src", ""]
    assert [repository.name for repository in load_repositories(data, ["y"])] == ["y"]
    with pytest.raises(SystemExit, match="nope"):
        load_repositories(data, ["nope"])
    kept, dropped = split_by_presence(load_queries(data, "x"), checkout, "src")
    assert kept == [Query("q1", "symbol", (Target("a.c"), Target("src/a.c", 3, 4)))]
    assert [query.text for query in dropped] == ["q2"]
