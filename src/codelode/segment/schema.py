"""The tables of a segment: one row per file, per chunk, per text block (docs/format.md).

Little-endian throughout. A chunk's ordinal is its row; a segment has at most `MAX_CHUNKS` of them,
so that postings fit 16 bits.
"""

from __future__ import annotations

import numpy as np
import xxhash
from numpy.typing import NDArray

from codelode.types import SkipReason

MAX_CHUNKS = 1 << 16
MAX_FILES = 1 << 16
MAX_NAME_BYTES = 255

FILE_NAME = "f"
"""The field of the names of files, in lower case; such a term comes in a file's first chunk."""

FILE = np.dtype(
    [
        ("path_hash", "<u8"),  # xxh3-64 of the path's bytes: finds a file, breaks ties
        ("size", "<u8"),  # bytes on disk
        ("content_hash", "u1", (16,)),  # xxh3-128 of the bytes on disk
        ("path_start", "<u4"),  # in section "paths"
        ("path_length", "<u4"),
        ("first_chunk", "<u4"),
        ("chunks", "<u4"),
        ("first_definition", "<u4"),
        ("definitions", "<u4"),
        ("text_start", "<u4"),  # in the text of all files, end to end
        ("text_bytes", "<u4"),  # after decoding to UTF-8
        ("tokens", "<u4"),  # terms in all chunks
        ("language", "<u2"),  # 1-based number in meta["languages"]; 0: none
        ("skip", "<u2"),  # 0, or why the file has no chunks: 1-based number in SkipReason
    ]
)

SKIP_REASONS = tuple(SkipReason)


def path_hash(path: str) -> int:
    """Return the 64-bit hash by which a file is found and ties between hits are broken."""
    return int(xxhash.xxh3_64_intdigest(path.encode("utf-8", "surrogateescape")))


TILES = {
    "path_start": "path_length",
    "first_chunk": "chunks",
    "first_definition": "definitions",
    "text_start": "text_bytes",
}
"""Pairs of columns of `FILE`: the start and the length of each file's pieces, which are
consecutive."""


def set_starts(files: NDArray[np.void]) -> None:
    """Compute the columns of starts in `TILES` from the columns of lengths."""
    for start, length in TILES.items():
        ends = np.cumsum(files[length], dtype=np.int64)
        files[start] = ends - files[length]


CHUNK = np.dtype(
    [
        ("file", "<u2"),
        ("start", "<u4"),  # in the file's text
        ("length", "<u2"),  # in bytes
        ("start_line", "<u4"),  # 1-based
        ("more_lines", "<u2"),  # lines after the first
        ("tokens", "<u2"),
        ("symbol_start", "<u2"),  # in section "symbols", relative to the first of its group
        ("symbol_length", "u1"),
        ("kind", "u1"),  # 1-based number in meta["kinds"]; 0: none
    ]
)

SYMBOL_GROUP = 256
"""The chunks with one entry in the section "symbol_groups": where the symbol of the first is.

A symbol has at most 255 bytes, so those of a group begin within 16 bits of it.
"""


def group_symbols(starts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Split offsets of symbols into `symbol_start`, int64[n], and the section `symbol_groups`."""
    groups = starts[::SYMBOL_GROUP]
    return starts - np.repeat(groups, SYMBOL_GROUP)[: len(starts)], groups.astype("<u4")


BLOCK = np.dtype(
    [
        ("start", "<u8"),  # in section "text"
        ("length", "<u4"),  # compressed
        ("raw", "<u4"),  # decompressed
    ]
)

DEFINITION = np.dtype(
    [
        ("name", "<u4"),  # number of the name
        ("owner", "<u4"),  # 1 + number of the name of its owner; 0: none
        ("kind", "u1"),  # 1-based number in meta["kinds"]
        ("flags", "u1"),  # DECLARATION or 0
        ("start_line", "<u4"),  # 1-based
        ("more_lines", "<u4"),  # lines after the first
        ("name_line", "<u4"),  # lines from the first line to the line of the name
        ("parent", "<u4"),  # distance back to the enclosing definition; 0: none
    ]
)
"""A definition in memory and in a run; segments have the same columns packed (`definitions`)."""

DECLARATION = 1
