"""Finds the chunks in which a pattern matches, in the text of a segment.

The postings say which files have the words that every match needs; only these files are read.
Neighboring files are read and searched together, up to `READ_BYTES` at a time: most of them have no
match, and a single search shows this for all of them. The scan runs without the search lock, so
other searches go on meanwhile.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.parallel_scan import shared_out
from codelode.search.verbatim import Pattern, Required, first_match, matcher
from codelode.text.tokens import term_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.search.shard import Shard
    from codelode.segment.reader import Segment

READ_BYTES = 1 << 20
"""About this much text is in memory at once, and is searched before an interrupt takes effect."""

SHARED_BYTES = 1 << 22
"""From this much text on, idle cores help."""


def matching_chunks(
    shard: Shard, allowed: Sequence[NDArray[np.bool_] | None], required: Required
) -> list[NDArray[np.bool_]]:
    """Return the chunks in which a match of any of the patterns begins: bool[chunks] by segment.

    Only files with allowed chunks are searched. `allowed` has bool[chunks] for each segment; None
    allows all its chunks.
    """
    groups = [
        (number, rows)
        for number, chunks in enumerate(allowed)
        for rows in _groups(shard.segment(number), chunks, required)
    ]
    found = [np.zeros(len(live.segment.chunks), bool) for live in shard.snapshot.segments]

    def search(group: tuple[int, range]) -> None:
        number, rows = group
        _mark(shard.segment(number), rows, required, found[number])

    size = sum(
        int(shard.segment(number).files["text_bytes"][rows.start : rows.stop].sum())
        for number, rows in groups
    )
    with (
        SEARCH_LOCK.released(),
        shared_out(search, groups, helpers=len(groups) if size > SHARED_BYTES else 0),
    ):
        pass
    return found


def files_with_terms(segment: Segment, patterns: Required) -> NDArray[np.bool_]:
    """Return a mask of the files that may match a pattern, judged by their terms: bool[files]."""
    rows = len(segment.files)
    found = np.zeros(rows, bool)
    for pattern in patterns:
        for terms in pattern.terms:
            having = np.ones(rows, bool)
            for term in sorted(terms):
                if having.any():
                    having &= _files_with(segment, term)
            found |= having
    if not found.all():
        found |= _files_with_split_lines(segment)
    return found


def _files_with(segment: Segment, term: str) -> NDArray[np.bool_]:
    files = np.zeros(len(segment.files), bool)
    files[segment.chunks["file"][segment.posting(term_hash(term))[0]]] = True
    return files


def _files_with_split_lines(segment: Segment) -> NDArray[np.bool_]:
    """Return a mask of the files with chunks that end inside a line or even a word: bool[files]."""
    chunks = segment.chunks
    files = np.zeros(len(segment.files), bool)
    same_file = chunks["file"][1:] == chunks["file"][:-1]
    last_lines = chunks["start_line"][:-1] + chunks["more_lines"][:-1]
    split = same_file & (chunks["start_line"][1:] <= last_lines)
    files[chunks["file"][:-1][split]] = True
    return files


def _groups(
    segment: Segment, allowed: NDArray[np.bool_] | None, patterns: Required
) -> Iterator[range]:
    """Yield ranges of neighboring files to read together, each small enough for one read."""
    wanted = segment.files["chunks"] > 0
    if allowed is not None:
        files = np.zeros(len(wanted), bool)
        files[segment.chunks["file"][allowed]] = True
        wanted &= files
    wanted &= files_with_terms(segment, patterns)
    sizes = segment.files["text_bytes"].tolist()
    start = stop = read = 0
    for row in np.flatnonzero(wanted).tolist():
        if row != stop or read + sizes[row] > READ_BYTES:
            if stop > start:
                yield range(start, stop)
            start, read = row, 0
        stop = row + 1
        read += sizes[row]
    if stop > start:
        yield range(start, stop)


def _mark(segment: Segment, rows: range, patterns: Required, found: NDArray[np.bool_]) -> None:
    """Mark the chunks in which a match begins, in some neighboring files."""
    sizes = segment.files["text_bytes"][rows.start : rows.stop].tolist()
    read = segment.text(rows.start, 0, sum(sizes))
    ends = list(accumulate(sizes))
    texts = [read[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    for pattern in patterns:
        for place in _promising(pattern, texts):
            _mark_file(segment, rows[place], texts[place], pattern, found)


def _promising(pattern: Pattern, texts: Sequence[bytes]) -> Iterator[int]:
    """Yield the numbers of the texts that may match, found by searching all texts at once."""
    if len(texts) == 1 or pattern.whole_text:
        yield from range(len(texts))
        return
    joined = b"\n".join(texts)
    ends = list(accumulate(len(text) + 1 for text in texts))
    place = at = 0
    while place + 1 < len(texts) and (match := matcher(pattern).search(joined, at)) is not None:
        place = bisect_right(ends, match.start())
        yield place
        at = ends[place]


def _mark_file(
    segment: Segment, row: int, text: bytes, pattern: Pattern, found: NDArray[np.bool_]
) -> None:
    file = segment.files[row]
    first, count = int(file["first_chunk"]), int(file["chunks"])
    starts = segment.chunks["start"][first : first + count].tolist()
    at = 0
    while (begin := first_match((pattern,), text, at)) is not None:
        place = bisect_right(starts, begin) - 1
        found[first + place] = True
        if place + 1 == count:
            return
        at = starts[place + 1]
