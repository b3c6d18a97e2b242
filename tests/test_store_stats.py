"""Times and inodes are stored beside segments, so that equal content gives equal segments."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.faults.world import plant, write
from codelode import Index
from codelode.errors import DamagedError
from codelode.reader import IndexReader
from codelode.segment.stats import stat_row, stat_rows, unknown_stats
from codelode.store.commit import write_stats
from codelode.store.storage import LocalStorage
from codelode.types import SourceFile


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """Return an up-to-date index of a small tree."""
    plant(tmp_path / "tree", 7, random.Random(1))
    (tmp_path / "tree" / "blob.bin").unlink()  # binary files have no hash and would be read again
    made = Index.open(tmp_path / "tree", tmp_path / "index")
    made.update(jobs=1)
    return made


def files(index: Index, suffix: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in index.directory.glob(f"*{suffix}")}


def test_two_copies_of_a_tree_give_the_same_segments(index: Index, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(index.root, copy)  # the copies have other inodes and ctimes
    for number, path in enumerate(copy.rglob("*")):
        os.utime(path, ns=(10**18 + number, 10**18 + number))
    other = Index.open(copy, tmp_path / "index")
    other.update(jobs=2)
    assert files(other, ".seg") == files(index, ".seg") != {}
    assert files(other, ".stat").keys().isdisjoint(files(index, ".stat"))


def test_a_touched_file_changes_the_stats_alone(index: Index) -> None:
    segments, stats = files(index, ".seg"), files(index, ".stat")
    os.utime(index.root / "d0" / "f0.py", ns=(10**18, 10**18))
    report = index.update(jobs=1)
    assert (report.chunks_made, report.bytes_read > 0) == (0, True)
    assert files(index, ".seg") == segments
    assert files(index, ".stat").keys().isdisjoint(stats)
    again = index.update(jobs=1)
    assert (again.bytes_read, again.generation) == (0, report.generation)


@pytest.mark.parametrize("how", ["lost", "damaged"])
def test_repair_keeps_a_segment_whose_stats_are_gone(index: Index, how: str) -> None:
    segments, stats = files(index, ".seg"), files(index, ".stat")
    (name,) = stats
    if how == "lost":
        (index.directory / name).unlink()
    else:
        damaged = bytearray(stats[name])
        damaged[70] ^= 1
        (index.directory / name).write_bytes(damaged)
        with pytest.raises(DamagedError, match=r"stats .*verify --repair"):
            index.update(jobs=1)
    assert [finding.file for finding in index.verify()] == [name]
    report = index.repair(jobs=1)
    assert (report.chunks_made, report.bytes_read > 0) == (0, True)
    assert not index.verify()
    assert files(index, ".seg") == segments
    assert files(index, ".stat").keys() == stats.keys()


def test_without_stats_the_content_says_what_is_stale(index: Index) -> None:
    (name,) = files(index, ".stat")
    (index.directory / name).unlink()
    before = index.search("parse the settings", limit=30, fresh="never")
    assert not any(hit.stale for hit in before)
    changed = before[0].path
    text = (index.root / changed).read_text()
    write(index.root, changed, text[::-1])  # a text of the same size
    reopened = Index(IndexReader(index.root, index.directory))
    after = reopened.search("parse the settings", limit=30, fresh="never")
    assert {hit.path for hit in after if hit.stale} == {changed}


def test_stats_of_another_segment_are_refused(index: Index) -> None:
    (name,) = files(index, ".stat")
    live = index.snapshot().segments[0]
    assert live.stats.shape == (live.entry.rows, 3)
    other = write_stats(LocalStorage(index.directory), live.stats[1:])
    (index.directory / other).rename(index.directory / name)
    assert [finding.file for finding in index.verify()] == [name]
    with pytest.raises(DamagedError, match="does not belong"):
        index.update(jobs=1)


def test_any_inode_fits_and_no_file_has_unknown_stats() -> None:
    for inode in (0, 1, 2**63 - 1, 2**63, 2**64 - 1):
        row = np.array([stat_row(SourceFile("a", 1, 2, 3, inode, None))], np.int64)
        assert (int(row[0, 2]) - inode) % 2**64 == 0
        assert (row != unknown_stats(1)).any()


@given(st.lists(st.builds(
    SourceFile, st.sampled_from(["a.h", "b.c", "c.h"]), *[st.integers(0, 2**62)] * 3,
    st.integers(0, 2**64 - 1), st.sampled_from([None, "c", "cpp"])), min_size=1))  # fmt: skip
def test_rows_of_many_files_are_those_of_each(files: list[SourceFile]) -> None:
    assert stat_rows(files).tolist() == [list(stat_row(file)) for file in files]
