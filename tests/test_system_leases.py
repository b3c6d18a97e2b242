"""A process that truncates a file under a reader has to wait, and the reader survives."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from codelode.errors import DamagedError
from codelode.segment.container import PAGE_BYTES, SegmentFile, write_segment
from codelode.system.files import MappedFile
from codelode.system.leases import Lease

linux = pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "x.seg"
    with open(target, "wb") as sink:
        write_segment(sink, {"a": [bytes(4 * PAGE_BYTES)]})
    return target


@linux
def test_a_truncation_waits_until_the_last_reader_is_done(path: Path) -> None:
    file = SegmentFile(MappedFile(path))
    file.buffer.take()
    file.buffer.take()
    cutter = threading.Thread(target=os.truncate, args=(path, 10))
    cutter.start()
    file.buffer.give_back()
    time.sleep(0.1)
    file.check_size()
    assert bytes(file.read("a")) == bytes(4 * PAGE_BYTES)
    file.buffer.give_back()
    cutter.join(10)
    assert path.stat().st_size == 10
    file.buffer.take()
    with pytest.raises(DamagedError, match="cut short"):
        file.check_size()
    file.buffer.give_back()


@linux
def test_a_file_that_stays_open_for_writing_delays_only_one_query(path: Path) -> None:
    file = SegmentFile(MappedFile(path))
    with open(path, "r+b"):
        times = []
        for _ in range(3):
            began = time.perf_counter()
            file.buffer.take()
            file.check_size()
            file.buffer.give_back()
            times.append(time.perf_counter() - began)
    assert times[0] > 0.04
    assert max(times[1:]) < 0.04


def test_the_descriptor_is_closed_with_the_file(path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        file = SegmentFile(MappedFile(path))
        file.read("a")
    del file
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_reading_works_without_leases(tmp_path: Path) -> None:
    reader, writer = os.pipe()  # a pipe has no lease
    lease = Lease(reader)
    lease.take()
    lease.give_back()
    os.close(writer)
