"""`lode bench`: figures for people and programs, in bounded time, without side effects."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commandline import SAMPLE, CommandLine, write_tree
from tests.test_cli_index import everything

QUICK = ("--seconds", "0.5", "--queries", "12")


def test_json_has_all_figures_and_nothing_is_touched(
    lode: CommandLine, tree: Path, tmp_path: Path
) -> None:
    lode("index", tree).must_succeed()
    index, files = everything(lode.cache), everything(tree)
    place = tmp_path / "temporary"
    place.mkdir()
    done = lode("bench", tree, "--json", "--threads", "3", *QUICK, TMPDIR=str(place))
    report = done.must_succeed().json
    assert done.message == ""
    assert (everything(lode.cache), everything(tree)) == (index, files)
    assert list(place.iterdir()) == []
    assert report["index"]["files"] == 5
    assert report["index"]["index_bytes"] > 0
    assert len(report["queries"]) == 12
    assert set(report["latency"]) == {"hybrid", "semantic", "lexical"}
    for latency in (*report["latency"].values(), report["filtered"]):
        assert 1 <= latency["queries"] <= 12
        assert 0 < latency["p50_seconds"] <= latency["p99_seconds"] <= latency["max_seconds"]
    assert report["filter"] in ("python", "typescript", "go", "markdown")
    assert [rate["threads"] for rate in report["throughput"]] == [1, 3]
    assert report["cold"]["median_seconds"] > report["latency"]["hybrid"]["p50_seconds"]
    assert report["recall"]["chunks"] == report["recall"]["of_chunks"]
    assert report["recall"]["among_candidates"] == 1.0
    assert report["indexing"]["files"] == 5
    assert report["memory"]["resident_bytes"] > 10_000_000


def test_the_same_seed_draws_the_same(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    first, again, other = (
        lode("bench", tree, "--json", "--seconds", "0.1", "--queries", "3", "--seed", seed).json
        for seed in ("4", "4", "5")
    )
    assert first["queries"] == again["queries"] != other["queries"]
    assert (first["seed"], other["seed"]) == (4, 5)


def test_text_has_all_figures(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    done = lode("bench", tree, *QUICK).must_succeed()
    assert done.message == ""
    for name in ("hybrid", "semantic", "lexical", "read", "chunk", "embed", "codes", "recall@10"):
        assert re.search(rf"^ *{re.escape(name)} .*\d", done.text, re.MULTILINE), name
    assert f"root            {tree}\n" in done.text
    assert "p50" in done.text


def test_a_terminal_shows_the_current_measurement(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    shown = lode.on_terminal("bench", tree, "--seconds", "0.1")
    assert shown.code == 0
    assert b"measuring: cold searches" in shown.out
    assert b"\x1b[Kroot " in shown.out  # the progress line is erased before the figures


def test_an_interruption_leaves_no_files(lode: CommandLine, tree: Path, tmp_path: Path) -> None:
    lode("index", tree).must_succeed()
    place = tmp_path / "temporary"
    place.mkdir()
    shown = lode.on_terminal("bench", tree, interrupt_at=rb"warm searches", TMPDIR=str(place))
    assert shown.code == 130
    assert b"lode: interrupted" in shown.out
    assert list(place.iterdir()) == []


def test_bench_needs_an_index(lode: CommandLine, tree: Path) -> None:
    lode("bench", tree).must_be_refused("no index", "lode index")
    assert list(lode.home.iterdir()) == []


def test_bench_refuses_an_empty_index(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.bin": b"\0\1\2"})
    assert lode("index", root).code == 2
    refused = lode("bench", root)
    refused.must_be_refused()
    assert "empty" in refused.message or "no index" in refused.message


@pytest.mark.parametrize(
    ("content", "queries"), [("def retry(): pass\n", True), ("{}\n()\n;;;\n", False)]
)
def test_one_file_is_enough(lode: CommandLine, tmp_path: Path, content: str, queries: bool) -> None:
    root = write_tree(tmp_path / "tree", {"a.py" if queries else "punctuation": content})
    lode("index", root).must_succeed()
    report = lode("bench", root, "--json", *QUICK).must_succeed().json
    assert bool(report["queries"]) == queries
    assert bool(report["latency"]) == queries == (report["cold"] is not None)
    assert (report["recall"] is not None) == queries
    assert report["indexing"]["files"] == 1
    assert "indexing" in lode("bench", root, *QUICK).must_succeed().text


def test_a_tree_without_files_gives_no_indexing_figures(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": SAMPLE["src/retry.py"]})
    lode("index", root).must_succeed()
    (root / "a.py").unlink()
    assert lode("bench", root, "--json", *QUICK).must_succeed().json["indexing"] is None
    assert "indexing: not measured" in lode("bench", root, *QUICK).must_succeed().text


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_bench_refuses_a_damaged_index(lode: CommandLine, tree: Path, place: float) -> None:
    lode("index", tree).must_succeed()
    (segment,) = lode.cache.rglob("*.seg")
    data = bytearray(segment.read_bytes())
    data[int(place * len(data))] ^= 0xFF
    segment.write_bytes(data)
    lode("bench", tree, *QUICK).must_be_refused(segment.name, "damaged")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seconds", "0"], ["--seconds", "20"]),
        (["--seconds", "inf"], ["--seconds"]),
        (["--seconds", "nan"], ["--seconds"]),
        (["--queries", "0"], ["--queries", "at least 1"]),
        (["--threads", "-1"], ["--threads"]),
        (["--files", "some"], ["--files", "some"]),
        (["--seed", "x"], ["--seed"]),
    ],
)
def test_usage_errors(lode: CommandLine, arguments: list[str], words: list[str]) -> None:
    lode("bench", *arguments).must_be_refused(*words)
