"""Finds the chunks in which a pattern matches, in the text of a segment.

The postings say which files have the words that every match needs; only these files are read. The
scan runs without the search lock, so other searches go on meanwhile.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.file_texts import file_texts
from codelode.search.parallel_scan import shared_out
from codelode.search.text_matches import Layout, matched_chunks
from codelode.text.csr import runs_of
from codelode.text.tokens import term_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.search.shard import Shard
    from codelode.search.verbatim import Required
    from codelode.segment.reader import Segment

GROUP_BYTES = 1 << 20
"""About this much text is searched by one core at a time, and before an interrupt takes effect."""

SHARED_BYTES = 1 << 22
"""From this much text on, idle cores help."""


def matching_chunks(
    shard: Shard, allowed: Sequence[NDArray[np.bool_] | None], required: Required
) -> list[NDArray[np.bool_]]:
    """Return the chunks in which a match of anything in `required` begins: bool[chunks] by segment.

    Only files with allowed chunks are searched. `allowed` has bool[chunks] for each segment; None
    allows all its chunks.
    """
    groups = [
        (number, runs)
        for number, chunks in enumerate(allowed)
        for runs in _groups(shard.segment(number), chunks, required)
    ]
    found = [np.zeros(len(live.segment.chunks), bool) for live in shard.snapshot.segments]

    def search(group: tuple[int, list[range]]) -> None:
        number, runs = group
        _mark(shard.segment(number), runs, required, found[number])

    helpers = len(groups) if len(groups) * GROUP_BYTES > SHARED_BYTES else 0
    with SEARCH_LOCK.released(), shared_out(search, groups, helpers=helpers):
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
) -> Iterator[list[range]]:
    """Yield groups of files that may match, about `GROUP_BYTES` each: runs of neighboring rows."""
    wanted = segment.files["chunks"] > 0
    if allowed is not None:
        files = np.zeros(len(wanted), bool)
        files[segment.chunks["file"][allowed]] = True
        wanted &= files
    wanted &= files_with_terms(segment, patterns)
    ends = np.cumsum(np.where(wanted, segment.files["text_bytes"], 0), dtype=np.int64)
    full = np.arange(GROUP_BYTES, ends[-1:].sum(), GROUP_BYTES)
    cuts = np.unique(np.searchsorted(ends, full, side="right"))
    for start, stop in pairwise((0, *cuts.tolist(), len(wanted))):
        runs = runs_of(wanted[start:stop]) + start
        if len(runs):
            yield [range(*run) for run in runs.tolist()]


def _mark(
    segment: Segment, runs: Sequence[range], patterns: Required, found: NDArray[np.bool_]
) -> None:
    """Mark in `found` the chunks where a match begins; `runs` are ranges of files."""
    for rows, text in file_texts(segment, runs):
        first = int(segment.files["first_chunk"][rows.start])
        layout = partial(_layout, segment, rows)
        for pattern in patterns:
            numbers = list(matched_chunks(pattern, text, layout))
            if numbers:
                found[first:][numbers] = True


def _layout(segment: Segment, rows: range) -> Layout:
    """Return where neighboring files, and their chunks, begin in the joined text of these files."""
    files = segment.files[rows.start : rows.stop]
    starts = files["text_start"].astype(np.int64)
    base, end = int(starts[0]), int(starts[-1]) + int(files["text_bytes"][-1])
    first = int(files["first_chunk"][0])
    last = int(files["first_chunk"][-1]) + int(files["chunks"][-1])
    chunks = segment.chunks[first:last]
    places = starts[chunks["file"] - rows.start] - base + chunks["start"]
    return Layout(
        [*(starts - base).tolist(), end - base],
        [*(files["first_chunk"].astype(np.int64) - first).tolist(), last - first],
        places.tolist(),
    )
