"""The tables of a segment: one row per file, per chunk, per text block (docs/format.md).

Little-endian throughout. A chunk's ordinal is its row; a segment has at most `MAX_CHUNKS` of them,
so that postings fit 16 bits.
"""

from __future__ import annotations

import numpy as np

MAX_CHUNKS = 1 << 16
MAX_FILES = 1 << 16
MAX_SYMBOL_BYTES = 255

FILE = np.dtype(
    [
        ("path_hash", "<u8"),  # xxh3-64 of the path's bytes: finds a file, breaks ties
        ("size", "<u8"),  # bytes on disk
        ("content_hash", "u1", (16,)),  # xxh3-128 of the bytes on disk
        ("path_start", "<u4"),  # in section "paths"
        ("path_length", "<u4"),
        ("first_chunk", "<u4"),
        ("chunks", "<u4"),
        ("text_start", "<u4"),  # in the text of all files, end to end
        ("text_bytes", "<u4"),  # after decoding to UTF-8
        ("tokens", "<u4"),  # terms in all chunks
        ("language", "<u2"),  # 1-based number in meta["languages"]; 0: none
        ("skip", "<u2"),  # 0, or why the file has no chunks: 1-based number in SkipReason
    ]
)

CHUNK = np.dtype(
    [
        ("file", "<u2"),
        ("start", "<u4"),  # in the file's text
        ("length", "<u2"),  # in bytes
        ("start_line", "<u4"),  # 1-based
        ("more_lines", "<u2"),  # after the first
        ("tokens", "<u2"),
        ("symbol_start", "<u4"),  # in section "symbols"
        ("symbol_length", "u1"),
        ("kind", "u1"),  # 1-based number in meta["kinds"]; 0: none
    ]
)

BLOCK = np.dtype(
    [
        ("start", "<u8"),  # in section "text"
        ("length", "<u4"),  # compressed
        ("raw", "<u4"),  # decompressed
    ]
)
