"""Merge several segments into one, without the dead files.

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
from codelode.segment.definition_merge import merge_definitions
from codelode.segment.dictionary import BUCKETS
from codelode.segment.live_text import copy_live
from codelode.segment.postings import merge_postings, postings_sections
from codelode.segment.schema import group_symbols, set_starts
from codelode.text.csr import runs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codelode.segment.container import Piece
    from codelode.segment.postings import Postings
    from codelode.segment.reader import Segment

Mask = NDArray[np.bool_]

SLICE_BYTES = 1 << 19
"""The number of packed postings merged at once: about 10 MB of memory."""


def merge(parts: Sequence[tuple[Segment, Mask]], sink: BinaryIO) -> tuple[int, int]:
    """Write the files of `parts` for which the mask bool[files] is set, in order.

    Returns the size in bytes and the checksum. There must be at least one part. All parts
    must have the same number of dimensions, and together at most `MAX_CHUNKS` live chunks and
    `MAX_FILES` live files.
    """
    segments = [segment for segment, _ in parts]
    file_masks = [mask for _, mask in parts]
    chunk_masks = [mask[segment.chunk_files] for segment, mask in parts]
    languages = _Numbering(segment.languages for segment in segments)
    kinds = _Numbering(segment.kinds for segment in segments)
    meta = {
        "dimensions": segments[0].dimensions,
        "languages": languages.names,
        "kinds": kinds.names,
    }
    files = _files(segments, file_masks, languages)
    chunks, groups = _chunks(segments, chunk_masks, _renumber(file_masks), kinds)
    text = copy_live(segments, file_masks)
    postings = merge_postings(_slices(segments), _renumber(chunk_masks))
    masked = list(zip(segments, chunk_masks, strict=True))
    sections: dict[str, Iterable[Piece]] = {
        "meta": [json.dumps(meta).encode()],
        "files": [files],
        "paths": _copy(segments, "paths", [s.files["path_length"] for s in segments], file_masks),
        "chunks": [chunks],
        "symbols": _copy(segments, "symbols", [s.symbol_bytes() for s in segments], chunk_masks),
        "symbol_groups": [groups],
        **merge_definitions(segments, file_masks, kinds.renumber, files, chunks),
        **postings_sections(postings, len(chunks)),
        "scales": (segment.scales[mask] for segment, mask in masked),
        "codes": (_select(segment.codes, mask) for segment, mask in masked),
        "residuals": (segment.residuals(np.flatnonzero(mask)) for segment, mask in masked),
        "blocks": [text.table()],
        "text": text.frames,
    }
    return write_segment(sink, sections)


class _Numbering:
    """The distinct names (of languages or kinds) in several segments, renumbered from 1."""

    def __init__(self, names: Iterable[Sequence[str]]) -> None:
        self._old = list(names)
        self.names = list(dict.fromkeys(name for each in self._old for name in each))

    def renumber(self, segment: int, numbers: NDArray[np.integer]) -> NDArray[np.uint16]:
        """Translate the numbers of names in a segment into their new numbers; 0 stays 0."""
        new = [0, *(self.names.index(name) + 1 for name in self._old[segment])]
        renumbered: NDArray[np.uint16] = np.array(new, np.uint16)[numbers]
        return renumbered


def _files(
    segments: Sequence[Segment], masks: Sequence[Mask], languages: _Numbering
) -> NDArray[np.void]:
    tables = []
    for number, (segment, mask) in enumerate(zip(segments, masks, strict=True)):
        rows = segment.files[mask]
        rows["language"] = languages.renumber(number, rows["language"])
        tables.append(rows)
    files = np.concatenate(tables)
    set_starts(files)
    return files


def _chunks(
    segments: Sequence[Segment],
    masks: Sequence[Mask],
    new_files: Sequence[NDArray[np.int64]],
    kinds: _Numbering,
) -> tuple[NDArray[np.void], NDArray[np.uint32]]:
    """Return the merged table of chunks, and the section "symbol_groups" (see `group_symbols`)."""
    tables, symbol_bytes = [], []
    for number, (segment, mask) in enumerate(zip(segments, masks, strict=True)):
        rows = segment.chunks[mask]
        rows["file"] = new_files[number][rows["file"]]
        rows["kind"] = kinds.renumber(number, rows["kind"])
        tables.append(rows)
        symbol_bytes.append(segment.symbol_bytes()[mask])
    chunks = np.concatenate(tables)
    starts = np.cumsum(np.concatenate(symbol_bytes)) - chunks["symbol_length"]
    chunks["symbol_start"], groups = group_symbols(starts)
    return chunks, groups


def _slices(segments: Sequence[Segment]) -> Iterator[list[Postings]]:
    """Yield the postings of all segments by ranges of buckets, each of about `SLICE_BYTES`."""
    size = sum(segment.postings_bytes for segment in segments)
    count = min(BUCKETS, 1 + size // SLICE_BYTES)
    for first, stop in pairwise(BUCKETS * number // count for number in range(count + 1)):
        yield [segment.postings(first, stop) for segment in segments]


def _renumber(masks: Sequence[Mask]) -> list[NDArray[np.int64]]:
    """Return the new ordinal of each row, counted over all masks; -1 for a dropped row."""
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
    """Yield the kept pieces of a byte section; `lengths` are the lengths of all its pieces."""
    for segment, sizes, mask in zip(segments, lengths, masks, strict=True):
        ends = np.cumsum(sizes.astype(np.int64))
        starts = np.concatenate(([0], ends))
        for first, stop in runs_of(mask).tolist():
            yield segment.file.read(section, int(starts[first]), int(starts[stop]))
