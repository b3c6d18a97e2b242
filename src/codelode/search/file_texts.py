"""Reads the texts of many files of a segment, in order: a text block is decompressed once.

The texts of neighboring files are read together, about a block at a time. Memory of this size
is used again for the next block, and stays in the cache of the core.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from codelode.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.segment.reader import Segment


def file_texts(segment: Segment, runs: Sequence[range]) -> Iterator[tuple[range, bytes]]:
    """Yield the rows of a few neighboring files, and their texts end to end, until all are read.

    `runs` has the rows of the wanted files, ascending. Raises `DamagedError`.
    """
    reader = _BlockReader(segment, runs)
    for number, rows in enumerate(runs):
        yield from _run_texts(reader, number, rows)


def _run_texts(reader: _BlockReader, number: int, rows: range) -> Iterator[tuple[range, bytes]]:
    at, stop = reader.begins[number], reader.stops[number]
    sizes = reader.segment.files["text_bytes"][rows.start : rows.stop].tolist()
    ends = list(accumulate(sizes, initial=at))
    pending: list[memoryview] = []  # of a file that ends in a later block
    done = 0
    while done < len(rows):
        text = reader.read(number, rows[done], at) if at < stop else memoryview(b"")
        whole = bisect_right(ends, at + len(text)) - 1
        if whole > done:
            cut = ends[whole] - at
            yield rows[done:whole], b"".join((*pending, text[:cut]))
            pending, text, at, done = [], text[cut:], at + cut, whole
        pending.append(text)
        at += len(text)


class _BlockReader:
    """Reads the text of runs of files; keeps the last block, which the next run may need too.

    `begins` and `stops` are the offsets of the runs in the text of the segment.
    """

    def __init__(self, segment: Segment, runs: Sequence[range]) -> None:
        self.segment = segment
        files = segment.files
        self.begins = [files["text_start"].item(rows.start) for rows in runs]
        self.stops = [
            begin + int(files["text_bytes"][rows.start : rows.stop].sum())
            for begin, rows in zip(self.begins, runs, strict=True)
        ]
        self._starts: list[int] = segment.block_starts.tolist()
        self._number = -1
        self._text = memoryview(b"")

    def read(self, run: int, row: int, at: int) -> memoryview:
        """Return the text of a run from an offset on, to the end of the block or of the run.

        A `DamagedError` names the file in the given row.
        """
        number = bisect_right(self._starts, at) - 1
        try:
            if number + 1 == len(self._starts):
                raise DamagedError("its text is missing")
            start, end = self._starts[number : number + 2]
            wanted = min(end, self.stops[run]) - start
            if number != self._number or len(self._text) < wanted:
                last = max(run, bisect_left(self.begins, end) - 1)  # the last run in this block
                stop = max(wanted, self.stops[last] - start)
                self._text = memoryview(self.segment.block(number, stop))
                self._number = number
        except DamagedError as error:
            where = f"{self.segment.file.name}: {self.segment.path(row)}"
            raise DamagedError(f"{where}: {error.problem}") from None
        return self._text[at - start : wanted]
