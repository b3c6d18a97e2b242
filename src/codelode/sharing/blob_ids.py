"""The ids that git would give the indexed files, computed from the text in a segment."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import xxhash
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.segment.reader import Segment


def blob_ids(segment: Segment, rows: NDArray[np.int64], algorithm: str) -> list[bytes]:
    """Return the id of the blob of each file, in the order of `rows`, which are ascending.

    `algorithm` is the hash algorithm of the repository: sha1 or sha256. The id is empty where the
    text differs from the bytes of the file, as for other encodings and notebooks. Raises
    `DamagedError`.
    """
    hashes = segment.files["content_hash"]
    return [
        _blob_id(text, algorithm) if xxhash.xxh3_128_digest(text) == hashes[row].tobytes() else b""
        for row, text in zip(rows.tolist(), _texts(segment, rows), strict=True)
    ]


def _blob_id(text: bytes, algorithm: str) -> bytes:
    state = hashlib.new(algorithm, b"blob %d\0" % len(text), usedforsecurity=False)
    state.update(text)
    return state.digest()


def _texts(segment: Segment, rows: NDArray[np.int64]) -> Iterator[bytes]:
    """Yield the text of files; every block is decompressed at most once."""
    starts = segment.block_starts
    begins = segment.files["text_start"][rows].astype(np.int64)
    ends = begins + segment.files["text_bytes"][rows]
    held = bytearray()
    held_from = held_to = number = 0
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        if begin == end:
            yield b""
            continue
        if begin >= held_to:
            number = int(starts.searchsorted(begin, "right")) - 1
            held.clear()
            held_from = held_to = int(starts[number])
        while held_to < end:
            held += segment.block(number)
            number += 1
            held_to = int(starts[number])
        del held[: begin - held_from]
        held_from = max(held_from, begin)
        yield bytes(held[: end - begin])
