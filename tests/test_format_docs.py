"""Comparison of docs/format.md with the code: sections, columns, numbers."""

from __future__ import annotations

import io
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from codelode.discover.options import RECORDED
from codelode.roster.manifest import GENERATIONS, REPOSITORIES, SEGMENTS
from codelode.roster.records import Identity
from codelode.roster.table import ROW, SECTIONS
from codelode.segment import container, definitions, names
from codelode.segment.container import INDEX_FORMAT, SegmentFile, write_segment
from codelode.segment.dictionary import BUCKET, BUCKETS, LENGTH_CAP, LONG, MANY_TERMS
from codelode.segment.schema import (
    BLOCK,
    CHUNK,
    DECLARATION,
    FILE,
    MAX_CHUNKS,
    MAX_FILES,
    MAX_NAME_BYTES,
    SYMBOL_GROUP,
)
from codelode.segment.stats import STAT_COLUMNS, stats_sections
from codelode.segment.text import BLOCK_BYTES, PART_BYTES
from codelode.store.manifest import Manifest, SegmentEntry
from codelode.store.storage import LOCK, MANIFEST, SEGMENT_SUFFIX, STATS_SUFFIX, TEMPORARY_SUFFIX
from tests.segments import build

PAGE = (Path(__file__).parent.parent / "docs" / "format.md").read_text("utf-8")


def table(heading: str, number: int = 0) -> list[list[str]]:
    """Return the rows of a table below a heading, without the header row."""
    ((body),) = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", PAGE, re.M | re.S)
    blocks = re.findall(r"(?:^\|.*\n)+", body, re.M)
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in blocks[number].splitlines()
    ]
    return rows[2:]


def first_cells(heading: str, number: int = 0) -> list[str]:
    return [row[0].strip("`") for row in table(heading, number)]


def spelled(dtype: np.dtype[np.generic]) -> str:
    """Write a dtype as the page does: u32, u8[16]."""
    base, shape = dtype.subdtype or (dtype, ())
    size = f"{base.kind}{8 * base.itemsize}"
    return size + "".join(f"[{n}]" for n in shape)


@pytest.mark.parametrize(
    ("heading", "dtype"),
    [
        ("`files`", FILE),
        ("`chunks`", CHUNK),
        ("`blocks`", BLOCK),
        ("`longer`", LONG),
        ("`buckets`", BUCKET),
        ("Rows of a roster", ROW),
    ],
)
def test_tables_have_these_columns(heading: str, dtype: np.dtype[np.void]) -> None:
    described = [(name.strip("`"), kind) for name, kind, _ in table(heading)]
    assert dtype.names is not None
    assert described == [(name, spelled(dtype[name])) for name in dtype.names]
    assert dtype.itemsize == sum(dtype[name].itemsize for name in dtype.names)  # no gaps


def test_segments_have_these_sections_in_this_order() -> None:
    segment = build([("a.py", b"def one():\n    pass\n")])
    assert first_cells("Sections of a segment") == list(segment.file.section_bytes())


def test_stat_files_have_these_sections() -> None:
    sink = io.BytesIO()
    write_segment(sink, stats_sections(np.zeros((2, len(STAT_COLUMNS)), np.int64)))
    file = SegmentFile.from_bytes("x", sink.getvalue())
    assert first_cells("Sections of a `.stat` file") == list(file.section_bytes())
    ((_, content),) = table("Sections of a `.stat` file")
    assert re.findall("`([a-z_]+)`", content)[1:] == list(STAT_COLUMNS)
    assert "three i64" in content


def test_the_table_of_a_roster_has_these_sections() -> None:
    assert first_cells("Roster", 1) == list(SECTIONS)
    (tables,) = (what for name, what in table("Roster", 1) if name == "`tables`")
    named = re.findall(r"`(\w+)`(?: \(([^)]*)\))?", tables)
    assert [name for name, _ in named] == ["labels", "identities", "languages"]
    assert named[1][1].split(", ") == list(Identity._fields)
    keys = [key.partition("/")[0] for key in first_cells("Roster")]
    assert keys == [GENERATIONS, REPOSITORIES, SEGMENTS]


def test_blocks_of_definitions_have_these_columns() -> None:
    rows = table("Blocks of `definitions`")
    assert [name.strip("`") for name, _ in rows] == list(definitions.COLUMNS)
    assert [name for name, what in rows if "stepped" in what] == [
        f"`{definitions.COLUMNS[place]}`" for place in (definitions.NAME, definitions.START)
    ]
    assert DECLARATION == 1


def test_the_manifest_has_these_keys() -> None:
    assert first_cells("`manifest.json`") == [each.name for each in fields(Manifest)]
    assert first_cells("`manifest.json`", 1) == [each.name for each in fields(SegmentEntry)]
    (options,) = (what for name, what in table("`manifest.json`") if name == "`options`")
    assert re.findall("`([a-z_]+)`", options) == list(RECORDED)


def test_the_folder_has_these_files() -> None:
    digits = "<16 hex digits>"
    assert first_cells("Folder") == [
        MANIFEST,
        LOCK,
        digits + SEGMENT_SUFFIX,
        digits + STATS_SUFFIX,
        f"*{TEMPORARY_SUFFIX}",
    ]


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("Index format {}.", INDEX_FORMAT),
        ("- **{}** (", INDEX_FORMAT),
        ("end - {} ", container._FOOTER.size),
        ("name ({} bytes, zero-padded)", container._ENTRY.size - 16),
        ("a multiple of {};", container.ALIGNMENT),
        ("each {} KiB page", container.PAGE_BYTES >> 10),
        ("blocks of up to {} KiB", BLOCK_BYTES >> 10),
        ("parts of {} KiB", PART_BYTES >> 10),
        ("table of {} definitions", definitions.DEFINITIONS_PER_BLOCK),
        ("of {} names", names.NAMES_PER_BLOCK),
        ("for each {} names", names.NAMES_PER_GROUP),
        ("for each {} chunks", SYMBOL_GROUP),
        ("at most {} bytes", MAX_NAME_BYTES),
        ("the {} values of the upper 8 bits", BUCKETS),
        ("longer than {} bytes", LENGTH_CAP),
        ("more than {:,} terms", MANY_TERMS),
        ("at most {:,} chunks", MAX_CHUNKS),
        ("and {:,} files", MAX_FILES),
    ],
)
def test_numbers_are_those_of_the_code(sentence: str, number: int) -> None:
    assert sentence.format(number) in " ".join(PAGE.split())


def test_the_history_names_every_format_once() -> None:
    versions = [int(found) for found in re.findall(r"^- \*\*(\d+)\*\*", PAGE, re.M)]
    assert versions == list(range(INDEX_FORMAT, 0, -1))
