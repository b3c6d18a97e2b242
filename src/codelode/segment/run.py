"""A run: the segment of one batch, which a worker returns to be merged into a larger segment.

It is never written to disk. Its postings are not packed: packing them, only to unpack them for the
merge, took a twentieth of the time of indexing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codelode.lazy import cached_property
from codelode.segment.definitions import definition_records, read_rows
from codelode.segment.dictionary import BUCKETS, bucket_keys
from codelode.segment.frames import FAST, Frames, frame_sections
from codelode.segment.name_keys import as_bytes, as_text, name_key
from codelode.segment.names import SortedNames
from codelode.segment.postings import Postings
from codelode.segment.reader import Segment
from codelode.segment.stats import read_stats

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codelode.segment.container import Piece
    from codelode.segment.definition_table import DefinitionTable

NAMES_PER_BLOCK = 128
"""Fewer than in a segment, because a merge reads a block of each run at once."""

_ANY_SIZE = 1 << 31
"""A run is made by a worker, which does not make more than the memory holds."""

_SECTIONS = {"terms": "<u8", "starts": "<u4", "ordinals": "<u2", "frequencies": "u1"}
"""Each is a column of `Postings`."""


def run_sections(postings: Postings) -> dict[str, Iterable[Piece]]:
    """Return the sections of a run that hold its postings."""
    return {
        name: [getattr(postings, name).astype(kind, copy=False)] for name, kind in _SECTIONS.items()
    }


def table_sections(table: DefinitionTable) -> dict[str, Iterable[Piece]]:
    """Return the sections of a run that hold its definitions and their names.

    They are compressed, because the parent keeps many runs. The blocks differ from those of a
    segment: there is one block of definitions, and a block of names is only text, a name per
    line.
    """
    rows, names = table.rows, table.names
    firsts = range(0, len(names), NAMES_PER_BLOCK)
    blocks = (as_bytes("\n".join(names[first : first + NAMES_PER_BLOCK])) for first in firsts)
    records = definition_records(rows, max(1, len(rows)))
    return {
        **frame_sections("definitions", "definition_blocks", records, FAST),
        **frame_sections("names", "name_blocks", blocks, FAST),
        "name_heads": [b"\n".join(name_key(as_bytes(names[first])) for first in firsts)],
    }


class RunSegment(Segment):
    """Reads a run for a merge; single terms cannot be looked up."""

    @property
    def postings_bytes(self) -> int:
        """The size of the posting lists in bytes."""
        sizes = self.file.section_bytes()
        return sizes["ordinals"] + sizes["frequencies"]

    @property
    def stats(self) -> NDArray[np.int64]:
        """Times and inodes of the files, int64[rows, 3]: they do not go into the segment."""
        return read_stats(self.file, len(self.files))

    def definition_rows(self) -> Iterator[NDArray[np.void]]:
        """Yield the rows of all definitions at once: a run keeps them in one block."""
        total = self.definition_count
        return read_rows(self.file, total, max(1, total))

    def sorted_names(self) -> SortedNames:
        """Return all names."""
        frames = Frames(self.file, "names", "name_blocks")
        heads = as_text(bytes(self.file.read("name_heads"))).split("\n") if len(frames) else []
        blocks = (as_text(frames.read(i, _ANY_SIZE)).split("\n") for i in range(len(frames)))
        return SortedNames(heads, blocks, NAMES_PER_BLOCK)

    @cached_property
    def _columns(self) -> tuple[NDArray[Any], ...]:
        return tuple(self.file.array(*section) for section in _SECTIONS.items())

    def postings(self, first: int = 0, stop: int = BUCKETS) -> Postings:
        """Return the postings of the terms in the buckets `[first, stop)`."""
        terms, starts, ordinals, frequencies = self._columns
        low, high = np.searchsorted(terms, bucket_keys(first, stop)).tolist()
        begin, end = int(starts[low]), int(starts[high])
        return Postings(
            terms=terms[low:high],
            starts=starts[low : high + 1].astype(np.int64) - begin,
            ordinals=ordinals[begin:end],
            frequencies=frequencies[begin:end],
        )
