"""Inconsistent segments are refused even if all checksums match."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from codelode.errors import DamagedError
from codelode.segment.container import SegmentFile, write_segment
from codelode.segment.reader import Segment
from codelode.segment.section_check import check_shape
from codelode.segment.text import BLOCK_BYTES, MAX_BLOCK_BYTES, PART_BYTES, BlockWriter, decompress
from codelode.segment.verify import faults
from codelode.store.commit import write_merged
from codelode.store.storage import LocalStorage
from tests.segments import build

SOUND = build([("a", b"def one():\n    pass\n"), ("b", b"two\n")])
NAMES = sorted(SOUND.file.section_bytes())
FREE = {"paths", "symbols", "text", "postings", "lengths"}
FREE |= {"definitions", "names", "name_heads"}
"""Sections whose lengths no other section determines."""


def changed(section: str, data: bytes | None) -> Segment:
    """Return the intact segment with a section replaced or removed, and valid checksums."""
    sections = {name: [bytes(SOUND.file.read(name))] for name in NAMES}
    del sections[section]
    if data is not None:
        sections[section] = [data]
    sink = io.BytesIO()
    write_segment(sink, sections)
    return Segment(SegmentFile.from_bytes("forged", sink.getvalue()))


def test_an_intact_segment_passes_the_check() -> None:
    check_shape(SOUND)
    assert not list(faults(SOUND))


@pytest.mark.parametrize("section", NAMES)
def test_a_missing_section_is_named(section: str) -> None:
    with pytest.raises(DamagedError, match=section):
        check_shape(changed(section, None))


@pytest.mark.parametrize("section", NAMES)
def test_a_section_of_another_length_is_named(section: str) -> None:
    """The check on opening reports the section if reading would fail; otherwise `verify` does."""
    longer = changed(section, bytes(SOUND.file.read(section)) + b"\0")
    if section in FREE:
        check_shape(longer)
    else:
        with pytest.raises(DamagedError, match="section"):
            check_shape(longer)
    assert list(faults(longer))


@pytest.mark.parametrize("meta", [b"", b"[]", b"{}", b'{"dimensions": "x"}', b"\xff", b"[" * 9999])
def test_meta_must_make_sense(meta: bytes) -> None:
    with pytest.raises(DamagedError, match="meta"):
        check_shape(changed("meta", meta))


def test_a_file_that_was_left_out_has_no_chunks(tmp_path: Path) -> None:
    files = SOUND.files.copy()
    files["skip"][1] = 1
    forged = changed("files", files.tobytes())
    assert [section for section, *_ in faults(forged)] == ["files"]
    with pytest.raises(DamagedError, match="left out"):
        write_merged(LocalStorage(tmp_path), [(forged, np.ones(2, bool))])


def test_names_must_be_those_that_chunks_count() -> None:
    for row, start in ((0, 1), (1, 2), (1, 4)):
        chunks = SOUND.chunks.copy()
        chunks["symbol_start"][row] = start
        forged = changed("chunks", chunks.tobytes())
        assert [section for section, *_ in faults(forged)] == ["symbols"]


def test_the_beginning_of_a_block_is_enough() -> None:
    random = np.random.default_rng(2)
    text = random.integers(97, 123, BLOCK_BYTES, np.uint8).tobytes()
    writer = BlockWriter()
    writer.add(text)
    (frame,) = writer.frames
    for stop in (0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 99_999, BLOCK_BYTES, 1 << 20):
        assert decompress(memoryview(frame), BLOCK_BYTES, stop) == text[:stop]
    assert decompress(memoryview(frame), BLOCK_BYTES) == text
    half = memoryview(frame)[: len(frame) // 2]
    assert decompress(half, BLOCK_BYTES, PART_BYTES) == text[:PART_BYTES]
    with pytest.raises(DamagedError, match=f"instead of {BLOCK_BYTES}"):
        decompress(half, BLOCK_BYTES)


def test_blocks_of_older_indexes_are_read() -> None:
    import zstandard

    text = bytes(range(256)) * (MAX_BLOCK_BYTES // 256)
    frames = [zstandard.ZstdCompressor().compress(each) for each in (text, text + b"x")]
    assert decompress(memoryview(frames[0]), MAX_BLOCK_BYTES) == text
    with pytest.raises(DamagedError, match="does not hold"):
        decompress(memoryview(frames[1]), MAX_BLOCK_BYTES + 1)


def test_a_block_gets_no_more_memory_than_its_row_says() -> None:
    writer = BlockWriter()
    writer.add(bytes(60_000))
    writer.flush()
    (frame,) = writer.frames
    assert decompress(memoryview(frame), 60_000) == bytes(60_000)
    with pytest.raises(DamagedError, match="does not hold"):
        decompress(memoryview(frame), 59_999)
    import zstandard

    bomb = zstandard.ZstdCompressor(write_content_size=True).compress(bytes(50_000_000))
    for raw in (50_000_000, BLOCK_BYTES):
        with pytest.raises(DamagedError, match="does not hold"):
            decompress(memoryview(bomb), raw)
