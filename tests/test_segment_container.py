"""The container returns what was written, and detects every changed byte."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.errors import CodelodeError, DamagedError, FormatError
from codelode.segment.container import ALIGNMENT, PAGE_BYTES, SegmentFile, write_segment
from codelode.store.storage import LocalStorage

Sections = dict[str, list[bytes]]


def written(sections: Sections) -> bytes:
    sink = io.BytesIO()
    size, _ = write_segment(sink, sections)
    assert size == len(sink.getvalue())
    return sink.getvalue()


@given(
    st.dictionaries(
        st.from_regex(r"[a-z-]{1,24}", fullmatch=True),
        st.lists(st.binary(max_size=200), max_size=4),
        max_size=6,
    )
)
def test_sections_round_trip(sections: Sections) -> None:
    file = SegmentFile.from_bytes("x", written(sections))
    for name, pieces in sections.items():
        assert bytes(file.read(name)) == b"".join(pieces)
    assert not list(file.damaged_pages())


def test_pieces_may_cross_pages() -> None:
    pieces = [bytes([i]) * (PAGE_BYTES // 2 + 7) for i in range(9)]
    data = written({"a": pieces, "b": [b"tail"]})
    file = SegmentFile.from_bytes("x", data)
    assert bytes(file.read("a")) == b"".join(pieces)
    assert (
        bytes(file.read("a", PAGE_BYTES - 3, PAGE_BYTES + 3))
        == b"".join(pieces)[PAGE_BYTES - 3 : PAGE_BYTES + 3]
    )
    assert bytes(file.read("b")) == b"tail"


def test_every_flipped_byte_is_noticed() -> None:
    sound = written({"one": [b"some bytes"], "two": [bytes(range(100))]})
    for at in range(len(sound)):
        data = bytearray(sound)
        data[at] ^= 0x41
        with pytest.raises(CodelodeError):
            file = SegmentFile.from_bytes("x", bytes(data))
            for place in file.damaged_pages():
                raise DamagedError(str(place))


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    sound = written({"one": [b"some bytes"], "two": [bytes(range(100))]})
    path = tmp_path / "x.seg"
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        with pytest.raises((DamagedError, FormatError)):
            SegmentFile(LocalStorage(path.parent).open(path.name))


def test_a_damaged_page_is_named_and_the_others_still_serve() -> None:
    data = bytearray(written({"a": [bytes(3 * PAGE_BYTES)], "b": [b"fine"]}))
    data[PAGE_BYTES + 5] ^= 1
    file = SegmentFile.from_bytes("s.seg", bytes(data))
    assert bytes(file.read("a", 0, 100)) == bytes(100)
    with pytest.raises(DamagedError, match=rf"s\.seg: section a .* offset {PAGE_BYTES}"):
        file.read("a")
    assert bytes(file.read("b")) == b"fine"
    assert list(file.damaged_pages()) == [("a", PAGE_BYTES)]


@given(st.integers(1, 40), st.data())
def test_rows_are_pieces_of_the_section(width: int, data: st.DataObject) -> None:
    table = bytes(range(256)) * width
    file = SegmentFile.from_bytes("x", written({"before": [b"abc"], "a": [table]}))
    numbers = data.draw(st.lists(st.integers(0, 255), max_size=9))
    found = file.rows("a", width, np.array(numbers, np.int64))
    assert found.shape == (len(numbers), width)
    assert found.tobytes() == b"".join(table[width * n : width * (n + 1)] for n in numbers)


def test_only_the_pages_of_the_rows_read_are_verified() -> None:
    width, last = 50, 3 * PAGE_BYTES // 50
    data = bytearray(written({"a": [bytes(width * (last + 1))]}))
    across = (PAGE_BYTES - ALIGNMENT) // width
    assert ALIGNMENT + width * across < PAGE_BYTES < ALIGNMENT + width * (across + 1)
    data[PAGE_BYTES + 5] ^= 1
    file = SegmentFile.from_bytes("s.seg", bytes(data))
    assert not file.rows("a", width, np.array([0, across - 1, last])).any()
    for row in (across, across + 1):
        with pytest.raises(DamagedError, match=rf"section a .* offset {PAGE_BYTES}"):
            file.rows("a", width, np.array([0, row]))
    with pytest.raises(DamagedError, match="no section b"):
        file.rows("b", width, np.array([0]))


def test_a_file_cut_short_while_open_is_noticed_before_it_is_touched(tmp_path: Path) -> None:
    path = tmp_path / "x.seg"
    path.write_bytes(written({"a": [bytes(5 * PAGE_BYTES)]}))
    file = SegmentFile(LocalStorage(path.parent).open(path.name))
    file.check_size()
    with open(path, "r+b") as handle:
        handle.truncate(PAGE_BYTES)
    with pytest.raises(DamagedError, match="cut short"):
        file.check_size()


def test_another_format_is_refused_by_name() -> None:
    data = bytearray(written({"a": [b"x"]}))
    data[8] = 99
    with pytest.raises(FormatError, match="segment format 99"):
        SegmentFile.from_bytes("x", bytes(data))


@settings(max_examples=30)
@given(st.integers(0, 50), st.integers(0, 50))
def test_arrays_are_slices_of_the_column(start: int, length: int) -> None:
    values = np.arange(100, dtype=np.uint32)
    file = SegmentFile.from_bytes("x", written({"v": [values.tobytes()]}))
    assert file.array("v", "<u4", start, start + length).tolist() == list(
        range(start, start + length)
    )
