"""Does everything in a segment point at what it should?

Checksums say that the bytes are those that were written; this says that they make sense together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.errors import DamagedError
from codelode.segment.builder import SKIP_REASONS, path_hash
from codelode.segment.postings import Postings
from codelode.segment.shape import check_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.segment.reader import Segment


def faults(segment: Segment) -> Iterator[tuple[str, int, str]]:
    """Section, byte offset and a description of everything that is wrong with a segment."""
    try:
        check_shape(segment)
    except DamagedError as error:
        yield "directory", 0, str(error)
        return
    damaged = False
    for section, offset in segment.file.damaged_pages():
        damaged = True
        yield section, offset, "checksum does not match"
    if damaged:
        return  # the rest would only repeat it
    for section, what in _table_faults(segment):
        damaged = True
        yield section, 0, what
    if damaged:
        return  # the rest relies on the tables
    for section, what in _posting_faults("", segment.all_postings(), len(segment.chunks)):
        yield section, 0, what
    for section, what in _posting_faults("path-", segment.path_postings, len(segment.files)):
        yield section, 0, what
    yield from _text_faults(segment)


def _table_faults(segment: Segment) -> Iterator[tuple[str, str]]:
    files, chunks = segment.files, segment.chunks
    sizes = segment.file.section_bytes()
    spans = (
        ("paths", files["path_start"], files["path_length"], sizes["paths"]),
        ("chunks", files["first_chunk"], files["chunks"], len(chunks)),
        ("symbols", chunks["symbol_start"], chunks["symbol_length"], sizes["symbols"]),
        ("blocks", files["first_block"], segment.blocks_per_file, len(segment.blocks)),
        ("text", segment.blocks["start"], segment.blocks["length"], sizes["text"]),
    )
    tiled = [_tiles(starts, lengths, total) for _, starts, lengths, total in spans]
    for (section, *_), fits in zip(spans, tiled, strict=True):
        if not fits:
            yield section, "the pieces do not cover the section end to end"
    if not all(tiled):
        return
    sums = np.concatenate(([0], np.cumsum(segment.blocks["raw"].astype(np.int64))))
    begins = files["first_block"].astype(np.int64)
    if (sums[begins + segment.blocks_per_file] - sums[begins] != files["text_bytes"]).any():
        yield "blocks", "the blocks of a file do not add up to its text"
    if not (np.repeat(np.arange(len(files)), files["chunks"]) == chunks["file"]).all():
        yield "chunks", "a chunk names another file than the one that counts it"
    try:
        segment.scales  # noqa: B018 - a property that checks what it reads
    except DamagedError as error:
        yield "scales", str(error)
    if (files["language"] > len(segment.languages)).any():
        yield "files", "a language number is out of range"
    if (files["skip"] > len(SKIP_REASONS)).any():
        yield "files", "a skip reason is out of range"
    if (chunks["kind"] > len(segment.kinds)).any():
        yield "chunks", "a symbol kind is out of range"
    for row, file in enumerate(files):
        if path_hash(segment.path(row)) != int(file["path_hash"]):
            yield "files", f"the hash of path {row} is not that of its name"


def _tiles(starts: NDArray[np.integer], lengths: NDArray[np.integer], total: int) -> bool:
    ends = np.cumsum(lengths.astype(np.int64))
    fits = (starts.astype(np.int64) == ends - lengths).all() and (lengths >= 0).all()
    return bool(fits) and (int(ends[-1]) if len(ends) else 0) == total


def _posting_faults(prefix: str, postings: Postings, rows: int) -> Iterator[tuple[str, str]]:
    terms, starts, ordinals = postings.terms, postings.starts.astype(np.int64), postings.ordinals
    if (terms[1:] <= terms[:-1]).any():
        yield prefix + "terms", "the dictionary is not sorted"
    lists = np.diff(starts)
    if len(starts) != len(terms) + 1 or starts[0] != 0 or (lists < 1).any():
        yield prefix + "starts", "the lists do not follow one another"
    elif starts[-1] != len(ordinals) or len(ordinals) != len(postings.frequencies):
        yield prefix + "starts", "the lists do not end where the postings end"
    elif len(ordinals):
        steps = np.diff(ordinals.astype(np.int64))
        steps[starts[1:-1] - 1] = 1  # from one list to the next
        if (steps < 1).any():
            yield prefix + "ordinals", "a list is not ascending"
        if int(ordinals.max()) >= rows:
            yield prefix + "ordinals", "an ordinal is out of range"
    if (postings.frequencies == 0).any():
        yield prefix + "frequencies", "a frequency is zero"


def _text_faults(segment: Segment) -> Iterator[tuple[str, int, str]]:
    """Chunks must cover the text of their file, and the text must decompress to that length."""
    for row, file in enumerate(segment.files):
        first, stop = int(file["first_chunk"]), int(file["first_chunk"]) + int(file["chunks"])
        chunks = segment.chunks[first:stop]
        size = int(file["text_bytes"])
        if not _tiles(chunks["start"], chunks["end"] - chunks["start"], size):
            yield "chunks", first * segment.chunks.itemsize, f"gaps in {segment.path(row)!r}"
        try:
            found = len(segment.text(row, 0, size))
        except DamagedError as error:
            yield "text", 0, str(error)
            continue
        if found != size:
            yield "text", 0, f"{segment.path(row)!r} has {found} bytes instead of {size}"
