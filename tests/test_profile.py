"""`lode index --profile`: the cost of an update, and a trace for speedscope."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codelode import Index
from codelode.pipeline.stages import StageClock
from codelode.report import StageTime
from tests.commandline import LODE, CommandLine, without, write_many, write_tree

BATCH_STAGES = {"read", "chunk", "tokenize", "embed", "build"}
PARENT_STAGES = {"walk", "compare", "seal", "commit", "compact"}
SLACK = 0.02  # seconds by which clocks that are read one after the other may disagree


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return write_many(tmp_path / "many")


def measured(lode: CommandLine, *arguments: str | Path) -> tuple[dict[str, Any], float]:
    """Return the JSON report of a run, and the CPU seconds of all its processes."""
    process = subprocess.Popen(
        [*LODE, "index", "--json", *arguments],
        env=lode.environment(),
        cwd=lode.home,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout:
        text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return json.loads(text), usage.ru_utime + usage.ru_stime


def test_tables(lode: CommandLine, many: Path) -> None:
    text = lode("index", "--jobs", "2", many, "--profile").must_succeed().text
    for word in ("time by stage:", "wall", "CPU", "share", "slowest files:", "largest files:"):
        assert word in text
    rows = {line.split()[0] for line in text.splitlines() if line.startswith("  ")}
    assert rows >= BATCH_STAGES | PARENT_STAGES | {"start", "transfer", "other", "all", "waits:"}
    assert "module_7.py" not in lode("index", many, "--rebuild", "--stats").text
    quiet = lode("index", many, "--rebuild", "--profile", "-q").must_succeed()
    assert (quiet.out, quiet.err) == (b"", b"")


@pytest.mark.parametrize("jobs", [1, 2])
def test_sums_agree_with_what_the_system_counts(lode: CommandLine, many: Path, jobs: int) -> None:
    report, cpu = measured(lode, many, "--jobs", str(jobs), "--profile")
    load, stages = report["load"], report["stages"]
    assert set(stages) == BATCH_STAGES | PARENT_STAGES | (
        {"start", "transfer"} if jobs > 1 else set()
    )
    assert all(time["wall"] >= 0 and time["cpu"] >= 0 for time in stages.values())
    assert load["processes"] == (1 if jobs == 1 else 3)
    staged = sum(time["cpu"] for time in stages.values())
    assert 0 < staged <= load["cpu"] + SLACK
    assert load["cpu"] <= cpu + SLACK
    assert 0 < load["utilization"] <= 1.1
    walls = sum(time["wall"] for time in stages.values())
    assert walls <= load["processes"] * report["seconds"] + load["processes"] * SLACK
    assert load["parent_wait"] <= report["seconds"] + SLACK
    assert load["worker_wait"] <= jobs * report["seconds"] + SLACK
    assert (load["parent_wait"] > 0) == (jobs > 1)
    assert load["run_wait"] >= 0


def test_files_are_listed_with_their_costs(lode: CommandLine, tree: Path) -> None:
    text = "\n\n".join(f"def function_{i}(x):\n    return x + {i}\n" for i in range(2000))
    write_tree(tree, {"src/large.py": text})
    plain = lode("index", tree, "--json").must_succeed().json
    assert "slowest" not in plain
    assert "largest" not in plain
    report = lode("index", tree, "--json", "--rebuild", "--profile").must_succeed().json
    for name, key in (("slowest", "wall"), ("largest", "bytes")):
        files = report[name]
        assert len({file["path"] for file in files}) == len(files) <= 10
        assert [file[key] for file in files] == sorted((f[key] for f in files), reverse=True)
        assert all(file["bytes"] == (tree / file["path"]).stat().st_size for file in files)
        assert sum(file["chunks"] for file in files) == report["chunks"]  # all files are listed
    assert report["largest"][0]["path"] == "src/large.py"
    assert report["largest"][0]["chunks"] > 10


def test_names_that_are_not_utf8_are_reported(lode: CommandLine, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    (root / os.fsdecode(b"caf\xe9.py")).write_text("x = 1\n")
    report = lode("index", root, "--json", "--profile").must_succeed().json
    assert report["largest"][0]["path"] == "caf\ufffd.py"
    assert b"caf\xe9.py" in lode("index", root, "--rebuild", "--profile").must_succeed().out


def checked(profile: dict[str, Any], frames: int) -> set[int]:
    """Check that the frames of an evented speedscope profile nest; return their numbers."""
    assert profile["type"] == "evented"
    assert profile["unit"] == "seconds"
    stack: list[int] = []
    seen = set()
    now = profile["startValue"]
    for event in profile["events"]:
        assert now <= event["at"] <= profile["endValue"]
        now = event["at"]
        assert 0 <= event["frame"] < frames
        if event["type"] == "O":
            stack.append(event["frame"])
            seen.add(event["frame"])
        else:
            assert event["type"] == "C"
            assert stack.pop() == event["frame"]
    assert not stack
    return seen


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_trace_covers_every_process(
    lode: CommandLine, many: Path, tmp_path: Path, jobs: int
) -> None:
    trace = tmp_path / "lode.speedscope.json"
    lode("index", many, "--jobs", str(jobs), f"--profile={trace}").must_succeed()
    document = json.loads(trace.read_text("utf-8"))
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert document["exporter"] == "pyinstrument"
    profiles, frames = document["profiles"], document["shared"]["frames"]
    names = [profile["name"] for profile in profiles]
    assert len(set(names)) == len(names) == (1 if jobs == 1 else 3)
    assert names[0] == "parent"
    assert all(name.startswith("worker ") for name in names[1:])
    functions = [
        {frames[number]["name"] for number in checked(profile, len(frames))} for profile in profiles
    ]
    assert "update" in functions[0]
    # A worker may be seen in any of its functions, but it is always seen in `main`.
    assert all("main" in seen for seen in functions[1:])


def test_the_index_is_the_same_whatever_is_measured(many: Path, tmp_path: Path) -> None:
    def names(folder: str, **options: Any) -> list[str]:
        index = Index.open(many, index_dir=tmp_path / folder)
        index.update(jobs=2, **options)
        return sorted(path.name for path in index.directory.glob("*.seg"))  # names are checksums

    plain = names("plain")
    assert names("profiled", profile=True) == plain
    assert names("traced", trace=tmp_path / "trace.json") == plain


def test_without_a_profiler_there_are_still_tables(
    lode: CommandLine, tree: Path, tmp_path: Path
) -> None:
    missing = without("pyinstrument", tmp_path / "site")
    trace = tmp_path / "trace.json"
    refused = lode("index", tree, f"--profile={trace}", PYTHONPATH=missing)
    refused.must_be_refused("pyinstrument", "pip install 'codelode[profile]'")
    assert not trace.exists()
    assert not lode.cache.exists()
    assert (
        "slowest files:" in lode("index", tree, "--profile", PYTHONPATH=missing).must_succeed().text
    )


def test_a_trace_needs_a_writable_file(lode: CommandLine, tree: Path, tmp_path: Path) -> None:
    lode("index", "--profile", tree).must_be_refused(str(tree), "folder", "--profile=FILE")
    lode("index", "--profile", "--", tree).must_be_refused("ROOT", "--profile=FILE")
    nowhere = tmp_path / "nowhere" / "trace.json"
    lode("index", tree, f"--profile={nowhere}").must_be_refused("no such folder")
    lode("index", tree, "--dry-run", f"--profile={tmp_path}/t").must_be_refused("--dry-run")
    assert not lode.cache.exists()


def test_a_trace_on_a_full_disk_is_an_error_after_the_update(lode: CommandLine, tree: Path) -> None:
    refused = lode("index", tree, "--profile=/dev/full")
    refused.must_be_refused("/dev/full", "No space left", "the index is up to date")
    assert lode("search", "retry", tree, "--no-index").code == 0


def test_a_trace_ends_with_the_update(tree: Path, tmp_path: Path) -> None:
    """The profiler must also stop after a failed update, or it would slow the program down."""
    import sys

    index = Index.open(tree, index_dir=tmp_path / "index")

    def fail(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.update(trace=tmp_path / "trace.json", on_skip=fail)
    assert sys.getprofile() is None
    assert not (tmp_path / "trace.json").exists()


def test_a_stage_within_a_stage_stops_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    clock = StageClock(lambda: now / 2)
    with clock.during("outer"):
        now += 1
        with clock.during("inner"):
            now += 10
        now += 100
    now += 1000  # time outside of all stages
    clock.enter("inner")
    now += 10000
    clock.enter("")
    clock.update({"inner": StageTime(0.25, 0.5)})
    assert clock.times == {
        "outer": StageTime(101.0, 50.5),
        "inner": StageTime(10010.25, 5005.5),
    }
