"""`lode related`, as people use it."""

from __future__ import annotations

from pathlib import Path

from tests.commandline import CommandLine


def test_places_in_other_files_are_printed(lode: CommandLine, tree: Path) -> None:
    found = lode("related", "src/retry.py:9", "-k", "2", cwd=tree).must_succeed().text
    lines = found.splitlines()
    assert len(lines) == 2
    assert all(line.partition(":")[0] != "src/retry.py" for line in lines)
    assert any(line.startswith(("docs/guide.md:3", "tests/test_retry.py:1")) for line in lines)
    below = lode("related", "retry.py:9", "-k", "2", cwd=tree / "src").must_succeed().text
    assert below.splitlines()[0].startswith("../") or below.startswith("config.ts")


def test_bad_places_are_refused(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    for place in ("src/retry.py", "src/retry.py:x", "src/retry.py:0", ":3"):
        lode("related", place, cwd=tree).must_be_refused("FILE:LINE")
    lode("related", "src/none.py:1", cwd=tree).must_be_refused("none.py")


def test_a_line_after_the_last_one_is_refused(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    lode("related", "src/retry.py:12", cwd=tree).must_succeed()
    for line in ("13", "99999"):
        refused = lode("related", f"src/retry.py:{line}", cwd=tree)
        refused.must_be_refused(
            f"src/retry.py has no line {line}: its last line in the index is 12"
        )
