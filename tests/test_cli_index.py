"""Tests of `lode index`, `lode status` and `lode verify`."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.checkouts import repository
from tests.commandline import CommandLine, children, interrupt, write_much, write_tree

REPORT = {
    *("files", "files_added", "files_changed", "files_removed", "files_skipped", "chunks"),
    *("bytes_read", "index_bytes", "seconds", "peak_rss_bytes", "generation"),
}


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return the content and time of each file below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_json_has_the_contract(lode: CommandLine, tree: Path) -> None:
    done = lode("index", tree, "--json").must_succeed()
    assert done.message == ""
    report = done.json
    assert set(report) >= REPORT
    assert report["files"] == report["files_added"] == 5
    assert report["files_changed"] == report["files_removed"] == 0
    assert report["generation"] == 1
    assert report["bytes_read"] > 0
    assert report["index_bytes"] > 0
    assert 1 << 20 < report["peak_rss_bytes"] < 1 << 31
    assert report["files_skipped"] == sum(report["skipped"].values())
    assert report["skipped"]["binary"] == report["skipped"]["empty"] == 1
    assert report["skipped"]["ignored"] == 1


def test_an_update_reads_only_changed_files(lode: CommandLine, tree: Path) -> None:
    first = lode("index", tree).must_succeed().text
    assert first.startswith("5 files, ")
    assert "(5 added; " in first
    time.sleep(0.05)  # files changed less than 10 ms before a walk are read again by the next
    (tree / "new.py").write_text("new = 1\n")
    (tree / "src/retry.py").write_text("changed = 1\n")
    (tree / "docs/guide.md").unlink()
    report = lode("index", tree, "--json").must_succeed().json
    assert [report[f"files_{what}"] for what in ("added", "changed", "removed")] == [1, 1, 1]
    assert report["files"] == 5
    assert report["generation"] == 2
    assert lode("search", "jitter", tree, "--lexical").code == 1
    time.sleep(0.05)
    lode("index", tree).must_succeed()
    assert "(nothing changed; " in lode("index", tree).must_succeed().text


def test_a_dry_run_touches_nothing(lode: CommandLine, tree: Path) -> None:
    plan = lode("index", tree, "--dry-run", "--json").must_succeed().json
    assert plan["dry_run"] is True
    assert (plan["files"], plan["changed"], plan["removed"]) == (5, 5, 0)
    text = lode("index", tree, "--dry-run").must_succeed().text
    assert text.startswith("would index 5 of 5 files (")
    assert "ignored" in text
    assert not lode.cache.exists()
    lode("index", tree).must_succeed()
    before = everything(lode.cache)
    (tree / "src/retry.py").unlink()
    assert lode("index", tree, "--dry-run", "--json").json["removed"] == 1
    assert everything(lode.cache) == before


def test_a_dry_run_lists_what_an_update_skips(lode: CommandLine, tree: Path) -> None:
    write_tree(tree, {"a.ipynb": '{"cells": [], "nbformat": 4}', "b.py": b"\xff\xfeb\0=\0"})

    def dry_run() -> tuple[dict[str, str], dict[str, Any]]:
        text = lode("index", tree, "--dry-run", "--list-skipped", "--json").must_succeed().text
        *skips, plan = map(json.loads, text.splitlines())
        return {skip["skipped"]["path"]: skip["reason"] for skip in skips}, plan

    skips, plan = dry_run()
    assert (skips["logo.png"], skips["a.ipynb"], "b.py" in skips) == ("binary", "empty", False)
    text = lode("index", tree, "--list-skipped", "--json").must_succeed().text
    *updated, report = map(json.loads, text.splitlines())
    assert skips == {skip["skipped"]["path"]: skip["reason"] for skip in updated}
    assert (plan["files"], plan["changed"]) == (report["files"], report["files_added"])
    again, nothing = dry_run()
    assert (again, nothing["skipped"]) == (skips, report["skipped"])
    assert (nothing["files"], nothing["bytes"]) == (plan["files"], plan["bytes"])
    assert nothing["changed"] == 0
    (tree / "logo.png").write_text("no longer a picture\n")
    (tree / "b.py").write_bytes(b"\0\1")
    changed, plan = dry_run()
    assert changed == {path: why for path, why in skips.items() if path != "logo.png"} | {
        "b.py": "binary"
    }
    assert (plan["files"], plan["changed"]) == (report["files"], 1)


def test_skipped_files_are_listed_with_their_reasons(lode: CommandLine, tree: Path) -> None:
    text = lode("index", tree, "--list-skipped").must_succeed().text
    assert "\nlogo.png: binary" in f"\n{text}"
    assert "\nempty.py: empty" in f"\n{text}"
    assert "\nbuild/: ignored (" in f"\n{text}"
    *skips, report = map(
        json.loads, lode("index", tree, "--list-skipped", "--json").text.splitlines()
    )
    assert {"skipped", "reason"} <= set(skips[0])
    assert {"path": "logo.png"} in [skip["skipped"] for skip in skips]
    assert set(report) >= REPORT


def test_tracked_files_that_gits_rules_match_are_counted(lode: CommandLine, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.py": "a = 1\n", "made/b.py": "b = 1\n", "c.log": "c\n"}
    root = repository(tmp_path / "repo", files)
    plan = ("index", root, "--dry-run", "--list-skipped")
    assert lode(*plan).must_succeed().message == ""
    write_tree(root, {".gitignore": "made/\n", "made/untracked.py": "d = 1\n"})
    (root / ".git/info/exclude").write_text("*.log\n")
    assert "match 2 tracked files" in lode(*plan).must_succeed().message
    assert "match 1 tracked file " in lode("index", root / "made", *plan[2:]).must_succeed().message
    assert lode(*plan, "--no-ignore").must_succeed().message == ""
    assert lode("index", root, "--dry-run").must_succeed().message == ""
    lode("index", root, "-q").must_succeed()
    found = lode("search", "-l", "--lexical", "b", cwd=root).must_succeed()
    assert found.text == "made/b.py\n"  # a tracked file is indexed although a rule matches it


def test_quiet_prints_nothing_and_stats_more(lode: CommandLine, tree: Path) -> None:
    quiet = lode("index", tree, "-q").must_succeed()
    assert (quiet.out, quiet.err) == (b"", b"")
    text = lode("index", tree, "--rebuild", "--stats").must_succeed().text
    for word in ("peak memory", "generation", "skipped:", "time by stage:"):
        assert word in text


def test_walk_options_decide_which_files_are_indexed(lode: CommandLine, tree: Path) -> None:
    def files(*options: str) -> int:
        found: int = lode("index", tree, "--json", *options).must_succeed().json["files"]
        return found

    assert files() == 5
    assert files("--no-ignore") == 6
    assert files("--hidden") == 6
    assert files("--max-file-size", "100") == 2
    assert files() == 5


def test_answers_do_not_depend_on_the_number_of_workers(lode: CommandLine, tree: Path) -> None:
    for name in range(520):  # more than two batches: else no workers are started
        (tree / f"module_{name}.py").write_text(f"def function_{name}():\n    return {name}\n")
    answers = []
    for jobs in ("1", "2"):
        lode("index", tree, "--rebuild", "--jobs", jobs).must_succeed()
        answers.append(lode("search", "function 17", tree, "--json").json["hits"])
    assert answers[0] == answers[1] != []


def test_index_dir_places_the_index(lode: CommandLine, tree: Path, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    lode("index", tree, "--index-dir", place).must_succeed()
    assert everything(place)
    assert not lode.cache.exists()
    assert lode("search", "retry", tree, "--no-index", LODE_INDEX_DIR=str(place)).code == 0
    assert lode("search", "retry", tree, "--no-index").code == 2
    (directory,) = place.iterdir()
    assert directory.stat().st_mode & 0o777 == 0o700


def test_an_index_inside_its_root_is_not_indexed(lode: CommandLine, tree: Path) -> None:
    for _ in range(2):
        report = lode("index", tree, "--index-dir", tree / "index", "--json").must_succeed().json
        assert report["files"] == 5


def test_status_of_a_missing_and_of_a_stale_index(lode: CommandLine, tree: Path) -> None:
    nothing = lode("status", tree)
    assert (nothing.code, nothing.out) == (1, b"")
    assert nothing.message.startswith("lode: no index of ")
    assert lode("status", tree, "--json").json["exists"] is False
    assert not lode.cache.exists()
    lode("index", tree).must_succeed()
    status = lode("status", tree, "--json").must_succeed().json
    assert status["exists"] is True
    assert status["files"] == 5
    assert status["complete"] is True
    assert status["generation"] == 1
    assert status["segments"] == 1
    assert sum(status["bytes_by_section"].values()) <= status["index_bytes"]
    (tree / "new.py").write_text("new = 1\n")
    text = lode("status", tree).must_succeed().text
    assert "would read" in text
    assert str(tree) in text
    order = [text.index(f"\n{fact}") for fact in ("changes", "size", "  text")]
    assert order == sorted(order)  # the long list of sections pushes nothing out of sight


def test_verify_finds_damage_and_repair_mends_it(lode: CommandLine, tree: Path) -> None:
    lode("verify", tree).must_be_refused("no index", "lode index")
    (tree / ".hidden.py").write_text("hidden = 1\n")
    lode("index", tree, "--hidden").must_succeed()
    files = lode("status", tree, "--json").json["files"]
    assert lode("verify", tree).must_succeed().text == "the index is sound\n"
    (segment,) = Path(lode("status", tree, "--json").json["directory"]).glob("*.seg")
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    damaged = lode("verify", tree)
    assert damaged.code == 2
    assert damaged.text.startswith(f"{segment.name}: ")
    assert "lode verify --repair" in damaged.message
    report = lode("verify", tree, "--json")
    assert report.code == 2
    assert report.json["sound"] is False
    assert set(report.json["findings"][0]) == {"file", "section", "offset", "problem"}
    repaired = lode("verify", tree, "--repair", "--json").must_succeed().json
    assert (repaired["sound"], repaired["repaired"]) == (True, True)
    assert lode("status", tree, "--json").json["files"] == files  # hidden files are still indexed


def test_a_second_writer_fails_or_waits(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    directory = Path(lode("status", tree, "--json").json["directory"])
    with open(directory / "lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        lode("index", tree).must_be_refused("another process", str(os.getpid()), "--wait")
        impatient = lode("index", tree, "--wait=0.1")
        assert impatient.code == 2
        assert len(impatient.message.splitlines()) == 2  # says that it waits, and that it gives up
        assert lode("search", "retry", tree).code == 0  # readers never wait
        with lode.start("index", tree, "--wait") as waiting:
            assert waiting.stderr is not None
            said = waiting.stderr.readline()
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert waiting.wait(60) == 0
    assert said.decode() == (
        f"lode: waiting for another process (pid {os.getpid()}) to finish indexing\n"
    )


def test_ctrl_c_ends_waiting(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    directory = Path(lode("status", tree, "--json").json["directory"])
    before = everything(tree)
    with open(directory / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = lode.start("index", tree, "--wait")
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"lode: waiting")
        stopped = interrupt(process)
    assert (stopped.code, stopped.out) == (130, b"")
    assert stopped.message.strip() == "lode: interrupted"
    assert everything(tree) == before


def test_ctrl_c_while_indexing_ends_the_workers(lode: CommandLine, tmp_path: Path) -> None:
    process = lode.start("index", write_much(tmp_path / "tree"), "--jobs", "2")
    deadline = time.monotonic() + 30
    while len(workers := children(process.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    stopped = interrupt(process)
    assert (stopped.code, stopped.out) == (130, b"")
    assert stopped.message.strip() == "lode: interrupted"
    assert len(workers) == 2
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_run_no_code_of_the_tree(lode: CommandLine, tmp_path: Path) -> None:
    """Workers are Python processes that start in the current folder, but import nothing from it."""
    trap = f"open({str(tmp_path / 'run')!r}, 'w')\nraise SystemExit('run')\n"
    root = write_tree(tmp_path / "tree", {f"{name}.py": trap for name in ("numpy", "json", "os")})
    write_tree(root, {f"numbers_{i}.txt": "1234567 " * 50_000 for i in range(10)})
    report = lode("index", "--jobs", "2", "--json", cwd=root, python=("-P",)).must_succeed().json
    assert report["files"] == 13
    assert not (tmp_path / "run").exists()
