"""Benchmark records: schema, percentiles, trees by name, memory of all processes."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.memory.__main__ import growth
from benchmarks.questions import questions
from benchmarks.record import surroundings
from benchmarks.record.measurement import (
    Corpus,
    Measurement,
    Record,
    SchemaError,
    dumps,
    load_folder,
    loads,
)
from benchmarks.record.processes import CommandError, run
from benchmarks.record.samples import percentile, spread
from benchmarks.record.session import Session, add_options
from benchmarks.record.trees import describe, without_paths

MEGABYTE = 1_000_000

RECORD = Record(
    benchmark="scale",
    command="python -m benchmarks.scale.card small",
    began="2026-11-25T12:00:00Z",
    seconds=3.5,
    commit="0123456789",
    dirty=False,
    machine={"cpu": "A CPU", "cores": 2, "memory_bytes": 25_000_000_000},
    versions={"python": "3.11.7"},
    load_average={"before": 0.1, "after": 1.2},
    corpora=[Corpus("small", 3, 100, "paths 0123456789ab")],
    measurements=[
        Measurement("small/floor/wall", "s", "neither", (1.0, 1.25, 0.9)),
        Measurement("small/index/wall", "s", "lower", (2.5,), "small/floor/wall"),
    ],
    notes=["the machine was quiet"],
)


def session(*arguments: str) -> Session:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return Session("made-up", parser.parse_args(arguments))


def test_a_record_survives_the_round_trip() -> None:
    assert loads(dumps(RECORD)) == RECORD


def test_a_record_has_the_ratio_to_its_baseline() -> None:
    row = json.loads(dumps(RECORD))["measurements"][1]
    assert row["value"] == 2.5
    assert row["baseline"] == "small/floor/wall"
    assert row["ratio"] == 2.5


@pytest.mark.parametrize(
    "rows",
    [
        [Measurement("a", "s", "lower", ())],
        [Measurement("a", "s", "lower", (1,)), Measurement("a", "s", "lower", (2,))],
        [Measurement("a", "s", "lower", (1,), "b")],
    ],
    ids=["no samples", "a name twice", "no such baseline"],
)
def test_ambiguous_records_are_refused(rows: list[Measurement]) -> None:
    with pytest.raises(ValueError, match=r"a|b"):
        dumps(replace(RECORD, measurements=rows))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 99}', '{"schema": 1, "x": 2}'])
def test_other_files_are_not_records(tmp_path: Path, text: str) -> None:
    (tmp_path / "scale.json").write_text(text)
    with pytest.raises(SchemaError, match=r"scale\.json"):
        load_folder(tmp_path)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1), st.floats(0, 1))
def test_a_percentile_is_the_smallest_that_enough_do_not_exceed(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    needed = math.ceil(share * len(values))
    assert found in values
    assert sum(value <= found for value in values) >= needed
    assert sum(value < found for value in values) < max(1, needed)


def test_percentiles_of_a_hundred() -> None:
    values = list(range(100, 0, -1))
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1)] == [50, 95, 99, 100]
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_an_outlier_does_not_change_the_spread() -> None:
    assert spread([10, 10.1, 9.9, 10.05, 500]) < 0.02
    assert spread([10, 12, 8, 11, 9]) > 0.1
    assert spread([1, 100]) == 0


def test_growth_is_the_power() -> None:
    assert growth([(x, 3 * x**0.5) for x in (10, 100, 1000)]) == pytest.approx(0.5)
    assert growth([(10, 7), (1000, 7)]) == pytest.approx(0)


def test_a_tree_is_known_by_its_name_and_its_paths(tree: Path, tmp_path: Path) -> None:
    found = describe(tree)
    assert found.name == tree.name
    assert found.files > 1
    assert str(tmp_path) not in repr(found)
    (tree / "one_more.py").write_text("x = 1\n")
    assert describe(tree).digest != found.digest
    assert describe(tree, "another").name == "another"


def test_commands_name_trees_and_hide_paths(tree: Path, tmp_path: Path) -> None:
    other = tmp_path / "x.json"
    hidden = {
        str(tree): "small",
        f"--out={tree}": "--out=small",
        str(other): ".../x.json",
        f"--queries=k1={other}": "--queries=k1=.../x.json",
        f"k1={other}": "k1=.../x.json",
        "~/y": ".../y",
        "../y": ".../y",
        "--jobs": "--jobs",
        "2": "2",
        "": "",
    }
    shown = without_paths(hidden, {tree.resolve(): "small"})
    assert shown == list(hidden.values())


def test_a_session_writes_what_was_measured_and_no_path(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["made-up", str(tree)])
    made = session("--json", str(tmp_path / "a.json"), "--into", str(tmp_path / "folder"))
    made.corpus(tree)
    made.add("small/wall", "s", [1.0, 3.0, 2.0])
    made.finish()
    text = (tmp_path / "a.json").read_text()
    assert (tmp_path / "folder" / "made-up.json").read_text() == text
    assert loads(text).by_name()["small/wall"].value == 2.0
    assert str(tmp_path) not in text
    assert "small/wall" in capsys.readouterr().out


def test_runs_are_kept_by_date_machine_and_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.record.session.RUNS", tmp_path)
    made = session("--record")
    made.add("x", "s", 1.0)
    commit = made.finish().commit
    (folder,) = tmp_path.iterdir()
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d-[a-z0-9-]+-\d+x-\d+gb-{commit}", folder.name)
    assert [path.name for path in folder.iterdir()] == ["made-up.json"]


def test_a_machine_is_named_by_its_kind() -> None:
    about: dict[str, str | int] = {
        "cpu": "Intel(R) Xeon(R) CPU E5-2690 v4 @ 2.60GHz",
        "cores": 2,
        "memory_bytes": 25_100_000_000,
    }
    assert surroundings.machine_name(about) == "intel-xeon-e5-2690-2x-25gb"
    real = surroundings.machine()
    assert surroundings.machine_name(real) == surroundings.machine_name(surroundings.machine())


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's /proc")
def test_memory_of_children_is_counted() -> None:
    """A small parent process starts a child that holds 120 MB for a while."""
    child = "import time; held = b'x' * 120_000_000; time.sleep(0.5)"
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    )
    alone = run(
        [sys.executable, "-c", "import time; time.sleep(0.2)"], look_every=0.02, look_share=0.5
    )
    both = run([sys.executable, "-c", parent], look_every=0.02, look_share=0.5)
    for kind in ("rss", "pss", "private", "anonymous"):
        assert getattr(alone.memory, kind) < 60 * MEGABYTE
        assert 120 * MEGABYTE < getattr(both.memory, kind) < 240 * MEGABYTE
    assert (alone.memory.processes, both.memory.processes) == (1, 2)
    assert both.largest_rss > 120 * MEGABYTE


def test_cpu_of_children_is_counted() -> None:
    child = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    )
    assert run([sys.executable, "-c", parent]).cpu >= 0.3


def test_a_failing_command_is_not_a_measurement() -> None:
    with pytest.raises(CommandError, match="what went wrong"):
        run([sys.executable, "-c", "import sys; sys.exit('what went wrong')"])


def test_queries_are_made_of_the_tree_and_always_the_same(tree: Path) -> None:
    (tree / "more.c").write_text("/* waits until the queue is empty */\nint drain_queue(void);\n")
    asked = questions(tree)
    assert asked == questions(tree)
    assert len(set(asked)) == len(asked)
    assert "drain_queue" in asked
    assert "waits until the queue is empty" in asked
