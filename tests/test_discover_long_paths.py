"""Files with paths longer than the system takes are indexed, found, and not taken for stale."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from codelode import Index
from tests.commandline import CommandLine

STEP = "n" * 200
DEPTH = 30


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """Return a tree with a file in each of many nested folders with long names."""
    root = tmp_path / "deep"
    root.mkdir()
    place = os.open(root, os.O_RDONLY)
    for level in range(DEPTH):
        os.mkdir(STEP, dir_fd=place)
        below = os.open(STEP, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
        _write(place, f"def retry_{level}():\n    return {level}\n")
    os.close(place)
    yield root
    subprocess.run(["rm", "-rf", root], check=True)  # pytest cannot remove a tree this deep


def _write(folder: int, text: str) -> None:
    file = os.open("a.py", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, dir_fd=folder)
    os.write(file, text.encode())
    os.close(file)


def bottom(root: Path) -> int:
    """Return a descriptor of the last folder."""
    place = os.open(root, os.O_RDONLY)
    for _ in range(DEPTH):
        below = os.open(STEP, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    return place


def test_files_far_down_are_found_and_known_to_be_current(lode: CommandLine, deep: Path) -> None:
    made = lode("index", deep, "--json").must_succeed().json
    assert (made["files"], made["files_skipped"]) == (DEPTH, 0)
    name = f"retry_{DEPTH - 1}"
    (hit,) = lode("search", name, deep, "--json", "-k", "1", "-C", "3").must_succeed().json["hits"]
    assert (hit["symbol"], hit["stale"], len(hit["path"])) == (name, False, 201 * DEPTH + 4)
    again = lode("index", deep, "--json").must_succeed().json
    assert (again["files_changed"], again["bytes_read"]) == (0, 0)
    place = bottom(deep)
    _write(place, "def other():\n    return 1\n")
    os.close(place)
    found = lode("search", name, deep, "--json", "-k", "1", "--fresh", "never").must_succeed()
    assert found.json["hits"][0]["stale"]
    assert lode("index", deep, "--json").must_succeed().json["files_changed"] == 1


def test_a_root_far_down_is_refused_in_one_line(lode: CommandLine, deep: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    place = bottom(deep)
    os.fchdir(place)
    try:
        for arguments in (["index"], ["search", "x"], ["status"], ["index", "."]):
            done = subprocess.run(
                [*_program(), *arguments], env=lode.environment(), capture_output=True
            )
            assert done.returncode == 2
            assert b"Traceback" not in done.stderr
            assert done.stderr.startswith(b"lode: "), done.stderr
            assert done.stderr.count(b"\n") == 1
    finally:
        os.fchdir(here)
        os.close(here)
        os.close(place)


def _program() -> list[str]:
    import sys

    return [sys.executable, "-m", "codelode"]


@pytest.mark.parametrize("name", ["index", ".index", "a b"])
def test_an_index_inside_the_tree_is_never_indexed(
    lode: CommandLine, tree: Path, name: str
) -> None:
    """The files of an index inside the tree are added neither to that index nor to another one."""
    (tree / "other").mkdir()
    files = lode("index", tree, "--json").must_succeed().json["files"]
    inside = tree / name
    options = ("--json", "--hidden", "--no-ignore", "--installed")
    everything = lode("index", tree, "--rebuild", *options).must_succeed().json["files"]
    assert everything > files
    for _ in range(2):
        made = lode("index", tree, "--index-dir", inside, *options).must_succeed().json
        assert made["files"] == everything
    assert lode("index", tree, *options).must_succeed().json["files"] == everything
    with Index.open(tree, index_dir=inside) as index:
        index.update(hidden=True, no_ignore=True, installed=True)
        assert not [hit for hit in index.search("manifest", limit=50) if name in hit.path]
