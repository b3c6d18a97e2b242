"""Check that the sections of a segment fit together; cheap enough to run on every open.

Checksums prove that the bytes are as written. This check protects a reader from files
that another program wrote. `verify` checks the content of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.errors import DamagedError
from codelode.segment.definitions import DEFINITIONS_PER_BLOCK
from codelode.segment.dictionary import BUCKET, BUCKETS, LONG, SLOTS, tail_bytes
from codelode.segment.frames import FRAME_START
from codelode.segment.quantizer import residual_bytes
from codelode.segment.schema import (
    BLOCK,
    CHUNK,
    FILE,
    MAX_CHUNKS,
    MAX_FILES,
    SYMBOL_GROUP,
)

if TYPE_CHECKING:
    from codelode.segment.reader import Segment

_MAX_DIMENSIONS = 1 << 16


def check_shape(segment: Segment) -> None:
    """Raise `DamagedError` if a section is missing, or its length does not fit other sections."""
    _check_meta(segment)
    files, chunks = _rows(segment, "files", FILE.itemsize), _rows(segment, "chunks", CHUNK.itemsize)
    if files > MAX_FILES or chunks > MAX_CHUNKS:
        raise _misshapen(segment, "files", f"holds {files} files and {chunks} chunks")
    _rows(segment, "blocks", BLOCK.itemsize)
    for section in ("paths", "symbols", "text"):
        _rows(segment, section, 1)
    _must_be(segment, "symbol_groups", 4, -(-chunks // SYMBOL_GROUP))
    _check_definitions(segment)
    for section in ("definitions", "names", "name_heads"):
        _rows(segment, section, 1)
    _must_be(segment, "scales", 2, chunks)
    _must_be(segment, "codes", segment.dimensions, chunks)
    _must_be(segment, "residuals", residual_bytes(segment.dimensions), chunks)
    _rows(segment, "postings", 1)
    slots = _rows(segment, "slots", 1)
    if slots:
        _must_be(segment, "slots", 1, SLOTS)
    terms = _rows(segment, "tails", tail_bytes(slots))
    _must_be(segment, "short", 1, -(-terms // 8))
    _rows(segment, "lengths", 1)
    _rows(segment, "longer", LONG.itemsize)
    _must_be(segment, "buckets", BUCKET.itemsize, BUCKETS + 1)


def _check_definitions(segment: Segment) -> None:
    """Check the number of definitions, which must fit into memory, and the sizes of the tables."""
    total = segment.definition_count
    if total > int(segment.block_starts[-1]):
        raise _misshapen(segment, "files", f"holds {total} definitions, more than bytes of text")
    blocks = -(-total // DEFINITIONS_PER_BLOCK)
    _must_be(segment, "definition_blocks", FRAME_START.itemsize, blocks + 1)
    if not _rows(segment, "name_blocks", FRAME_START.itemsize):
        raise _misshapen(segment, "name_blocks", "has no end")


def _check_meta(segment: Segment) -> None:
    try:
        sound = 0 < segment.dimensions <= _MAX_DIMENSIONS and all(
            isinstance(name, str) for name in segment.languages + segment.kinds
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        sound = False
    if not sound:
        raise _misshapen(segment, "meta", "is not what it should be")


def _rows(segment: Segment, section: str, width: int) -> int:
    size = segment.file.section_bytes().get(section)
    if size is None or size % width:
        raise _misshapen(segment, section, "is missing" if size is None else "ends within a row")
    return size // width


def _must_be(segment: Segment, section: str, width: int, rows: int) -> None:
    found = _rows(segment, section, width)
    if found != rows:
        raise _misshapen(segment, section, f"has {found} rows instead of {rows}")


def _misshapen(segment: Segment, section: str, what: str) -> DamagedError:
    return DamagedError(f"{segment.file.name}: section {section} {what}")
