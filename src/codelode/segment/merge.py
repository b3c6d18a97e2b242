"""One segment of several, without the files that are dead.

Used to seal the runs that the workers return, and to compact sealed segments: a run is a segment
that was not written to disk. Codes, residuals and compressed text are copied as they are.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from codelode.segment.container import write_segment
from codelode.segment.dictionary import BUCKETS
from codelode.segment.postings import merge_postings, postings_sections
from codelode.segment.text import copy_live

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codelode.segment.container import Piece
    from codelode.segment.postings import Postings
    from codelode.segment.reader import Segment

Mask = NDArray[np.bool_]

SLICE_BYTES = 1 << 20
"""Of packed postings, about so many are merged at once: some 20 MB of memory."""


def merge(parts: Sequence[tuple[Segment, Mask]], sink: BinaryIO) -> tuple[int, int]:
    """Write the files of `parts` for which the mask bool[files] is set, in order.

    Returns the size in bytes and the checksum. There must be at least one part, all of the same
    dimensions, with at most `MAX_CHUNKS` live chunks and `MAX_FILES` live files between them.
    """
    segments = [segment for segment, _ in parts]
    file_masks = [mask for _, mask in parts]
    chunk_masks = [mask[segment.chunk_files] for segment, mask in parts]
    new_files, new_chunks = _renumber(file_masks), _renumber(chunk_masks)
    meta, files, chunks = _tables(segments, file_masks, chunk_masks, new_files)
    text = copy_live(segments, file_masks)
    postings = merge_postings(_slices(segments), new_chunks)
    sections: dict[str, Iterable[Piece]] = {
        "meta": [json.dumps(meta).encode()],
        "files": [files],
        "paths": _copy(segments, "paths", [s.files["path_length"] for s in segments], file_masks),
        "chunks": [chunks],
        "symbols": _copy(segments, "symbols", [s.symbol_bytes() for s in segments], chunk_masks),
        **postings_sections(postings, len(chunks)),
        "scales": (s.scales[m] for s, m in zip(segments, chunk_masks, strict=True)),
        "codes": (_select(s.codes, m) for s, m in zip(segments, chunk_masks, strict=True)),
        "residuals": (
            s.residuals(np.flatnonzero(m)) for s, m in zip(segments, chunk_masks, strict=True)
        ),
        "blocks": [text.table()],
        "text": text.frames,
    }
    return write_segment(sink, sections)


def _tables(
    segments: Sequence[Segment],
    file_masks: Sequence[Mask],
    chunk_masks: Sequence[Mask],
    new_files: Sequence[NDArray[np.int64]],
) -> tuple[dict[str, object], NDArray[np.void], NDArray[np.void]]:
    """The metadata and the tables of files and chunks, with every reference moved."""
    languages = list(dict.fromkeys(name for s in segments for name in s.languages))
    kinds = list(dict.fromkeys(name for s in segments for name in s.kinds))
    files, chunks, symbol_bytes = [], [], []
    for i, segment in enumerate(segments):
        file_rows = segment.files[file_masks[i]]
        file_rows["language"] = _numbers(segment.languages, languages)[file_rows["language"]]
        files.append(file_rows)
        chunk_rows = segment.chunks[chunk_masks[i]]
        chunk_rows["file"] = new_files[i][chunk_rows["file"]]
        chunk_rows["kind"] = _numbers(segment.kinds, kinds)[chunk_rows["kind"]]
        chunks.append(chunk_rows)
        symbol_bytes.append(segment.symbol_bytes()[chunk_masks[i]])
    all_files, all_chunks = np.concatenate(files), np.concatenate(chunks)
    _restart(all_files, "path_start", all_files["path_length"])
    _restart(all_files, "text_start", all_files["text_bytes"])
    _restart(all_files, "first_chunk", all_files["chunks"])
    symbol_ends = np.cumsum(np.concatenate(symbol_bytes))
    all_chunks["symbol_start"] = symbol_ends - all_chunks["symbol_length"]
    meta = {"dimensions": segments[0].dimensions, "languages": languages, "kinds": kinds}
    return meta, all_files, all_chunks


def _slices(segments: Sequence[Segment]) -> Iterator[list[Postings]]:
    """The postings of all segments, by ranges of buckets that hold about `SLICE_BYTES` each."""
    size = sum(segment.postings_bytes for segment in segments)
    count = min(BUCKETS, 1 + size // SLICE_BYTES)
    for first, stop in pairwise(BUCKETS * number // count for number in range(count + 1)):
        yield [segment.postings(first, stop) for segment in segments]


def _restart(table: NDArray[np.void], column: str, lengths: NDArray[np.generic]) -> None:
    """Let `column` hold where each row's run of `lengths` begins."""
    ends = np.cumsum(lengths.astype(np.int64))
    table[column] = ends - lengths.astype(np.int64)


def _numbers(old: Sequence[str], new: Sequence[str]) -> NDArray[np.uint16]:
    """Old 1-based numbers of names to new ones; 0 stays 0."""
    return np.array([0, *(new.index(name) + 1 for name in old)], np.uint16)


def _renumber(masks: Sequence[Mask]) -> list[NDArray[np.int64]]:
    """New ordinals over all masks together, -1 where a row is dropped."""
    result, base = [], 0
    for mask in masks:
        result.append(np.where(mask, np.cumsum(mask) - 1 + base, -1))
        base += int(np.count_nonzero(mask))
    return result


def _select(rows: NDArray[np.int8], mask: Mask) -> NDArray[np.int8]:
    return rows if mask.all() else rows[mask]


def _copy(
    segments: Sequence[Segment],
    section: str,
    lengths: Sequence[NDArray[np.integer]],
    masks: Sequence[Mask],
) -> Iterator[memoryview]:
    """The kept pieces of a byte section; `lengths` are those of all its pieces."""
    for segment, sizes, mask in zip(segments, lengths, masks, strict=True):
        ends = np.cumsum(sizes.astype(np.int64))
        starts = np.concatenate(([0], ends))
        edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
        for first, stop in edges.reshape(-1, 2):
            yield segment.file.read(section, int(starts[first]), int(starts[stop]))
