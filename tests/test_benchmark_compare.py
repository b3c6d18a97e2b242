"""Comparison of two runs: worse, better, noise, missing, another machine; plots of a run."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.compare_runs import Change, changes, main
from benchmarks.record.measurement import Better, Corpus, Measurement, Record, dumps
from benchmarks.scale.report import markdown

MACHINE: dict[str, str | int] = {"cpu": "A CPU", "cores": 2, "memory_bytes": 25_000_000_000}


def row(
    samples: tuple[float, ...],
    unit: str = "s",
    better: Better = "lower",
    name: str = "x",
    baseline: str | None = None,
) -> Measurement:
    return Measurement(name, unit, better, samples, baseline)


def record(*rows: Measurement, benchmark: str = "scale") -> Record:
    return Record(
        benchmark=benchmark,
        command="python -m benchmarks.scale.card small",
        began="2026-11-25T12:00:00Z",
        seconds=1,
        commit="0123456789",
        dirty=False,
        machine=MACHINE,
        versions={},
        load_average={"before": 0.0},
        corpora=[Corpus("small", 1000, 1, "paths 0")],
        measurements=list(rows),
    )


def only(old: Measurement, new: Measurement) -> Change:
    (found,) = changes(record(old), record(new))
    return found


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (row((1.0, 1.01, 0.99)), row((1.3, 1.31, 1.29)), "worse"),
        (row((1.3, 1.31, 1.29)), row((1.0, 1.01, 0.99)), "better"),
        (row((1.0, 1.01, 0.99)), row((1.08, 1.09, 1.07)), "same"),
        # The medians differ as in the first case, but within the spread of the repetitions.
        (row((1.0, 1.3, 0.8)), row((1.3, 1.0, 1.5)), "same"),
        # A single outlier counts neither as noise nor as a change.
        (row((1.0, 1.01, 0.99, 9.0)), row((1.3, 1.31, 1.29, 1.3)), "worse"),
        (row((100,), "MB/s", "higher"), row((70,), "MB/s", "higher"), "worse"),
        (row((100,), "MB/s", "higher"), row((140,), "MB/s", "higher"), "better"),
        (row((100,), "MB"), row((105,), "MB"), "worse"),
        (row((100,), "MB"), row((102,), "MB"), "same"),
        (row((0,), "count"), row((1,), "count"), "worse"),
        (row((1,), "count"), row((0,), "count"), "better"),
        (row((0,), "count"), row((0,), "count"), "same"),
        (row((10,), "files", "neither"), row((20,), "files", "neither"), "changed"),
    ],
)
def test_verdicts(old: Measurement, new: Measurement, verdict: str) -> None:
    assert only(old, new).verdict == verdict


def test_a_slower_hour_of_the_machine_is_no_regression() -> None:
    floor = row((1.0,), better="neither", name="floor")
    slower = replace(floor, samples=(1.6,))
    index = row((2.0,), name="index", baseline="floor")
    _, found = changes(record(floor, index), record(slower, replace(index, samples=(3.2,))))
    assert found.ratio == pytest.approx(1)
    assert found.verdict == "same"
    _, found = changes(record(floor, index), record(floor, replace(index, samples=(3.2,))))
    assert found.verdict == "worse"


def test_measurements_of_only_one_run_are_marked() -> None:
    old, new = record(row((1.0,), name="a")), record(row((1.0,), name="b"))
    assert [(one.name, one.verdict) for one in changes(old, new)] == [("b", "new"), ("a", "gone")]


def compared(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["compare_runs", *map(str, arguments)])
    return main()


def folder(path: Path, *records: Record) -> Path:
    path.mkdir()
    for one in records:
        (path / f"{one.benchmark}.json").write_text(dumps(one))
    return path


def test_exit_codes_and_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = record(row((300,), "MB"), benchmark="memory")
    old = folder(tmp_path / "old", record(row((1.0,))), memory)
    slower = replace(record(row((2.0,))), machine={**MACHINE, "cores": 64}, dirty=True)
    new = folder(tmp_path / "new", slower)
    assert compared(monkeypatch, old, old) == 0
    assert "nothing got worse" in capsys.readouterr().out
    assert compared(monkeypatch, old, new) == 1
    printed = capsys.readouterr().out
    assert "different machines: cores 2 and 64" in printed
    assert "only in the old run" in printed  # the memory benchmark was not run again
    assert "differ from commit 0123456789" in printed
    assert "1 -> 2 s" in printed
    assert compared(monkeypatch, old, new, "--minimum", "150") == 0
    assert compared(monkeypatch, old / "scale.json", new / "scale.json") == 1
    capsys.readouterr()
    assert compared(monkeypatch, old, tmp_path / "none") == 2
    assert capsys.readouterr().err.startswith("compare_runs: ")


def scale_record() -> Record:
    return record(
        row((1000,), "files", "neither", "small/files"),
        row((9000,), "chunks", "neither", "small/chunks"),
        row((1.0,), better="neither", name="small/floor/wall"),
        row((1.9,), name="small/index/wall", baseline="small/floor/wall"),
        row((2.5,), "ms", name="small/warm search/p50"),
        row((4.5,), "ms", name="small/warm search/p95"),
        row((1e7,), "chunks", "neither", "synthetic/chunks"),
        row((200,), "ms", name="synthetic/warm search/p95"),
    )


def test_the_card_has_a_column_per_size() -> None:
    lines = markdown(scale_record()).splitlines()
    assert lines[0] == "| | small | synthetic |"
    assert "| ... times the floor, wall | 1.90 | - |" in lines
    assert "| warm search, p95, ms | 4.5 | 200 |" in lines


def test_plots_are_the_same_each_time(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from benchmarks.plots import draw

    first = draw({"scale": scale_record()}, tmp_path / "one")
    second = draw({"scale": scale_record()}, tmp_path / "two")
    assert [path.name for path in first] == ["time.svg", "latency.svg"]
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()
        assert b"small" not in one.read_bytes()[:200]
        assert "lode index" in one.read_text() or "warm, p95" in one.read_text()
