"""The text of the files of a segment: zstd frames, each of at most 64 KiB of one file's text.

A file's blocks are its own, so a merge copies frames without opening them, and a hit costs the
decompression of the one or two blocks it lies in.
"""

from __future__ import annotations

from functools import cache

import zstandard

from codelode.errors import DamagedError

BLOCK_BYTES = 1 << 16
LEVEL = 3


@cache
def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=False, write_content_size=True)


def compress(text: bytes) -> list[bytes]:
    """One frame per `BLOCK_BYTES` of text."""
    compressor = _compressor()
    view = memoryview(text)
    return [
        compressor.compress(view[start : start + BLOCK_BYTES])
        for start in range(0, len(text), BLOCK_BYTES)
    ]


def decompress(frame: memoryview, raw: int) -> bytes:
    """The text of one frame of `raw` bytes. Raises `DamagedError` if it is anything else."""
    try:
        # The decompressor would allocate whatever a frame says it holds.
        if zstandard.frame_content_size(frame) != raw or raw > BLOCK_BYTES:
            raise DamagedError(f"a text block does not hold {raw} bytes")
        # A context of its own: the reader is shared by threads, zstd contexts must not be.
        text = zstandard.ZstdDecompressor().decompress(frame, max_output_size=BLOCK_BYTES)
    except zstandard.ZstdError as error:
        raise DamagedError(f"a text block does not decompress ({error})") from None
    if len(text) != raw:
        raise DamagedError(f"a text block has {len(text)} bytes instead of {raw}")
    return text
