"""A run: the segment of one batch, which a worker returns to be merged into a larger segment.

It is never on disk. Its postings are not packed: to pack them, only to unpack them for the merge,
took a twentieth of the time of indexing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codelode.lazy import cached_property
from codelode.segment.definitions import DefinitionTable
from codelode.segment.dictionary import BUCKETS, bucket_keys
from codelode.segment.postings import Postings
from codelode.segment.reader import Segment
from codelode.segment.schema import DEFINITION
from codelode.segment.stats import read_stats

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codelode.segment.container import Piece

_SECTIONS = {"terms": "<u8", "starts": "<u4", "ordinals": "<u2", "frequencies": "u1"}
"""Each is a column of `Postings`."""


def run_sections(postings: Postings) -> dict[str, Iterable[Piece]]:
    """Return the sections of a run that hold its postings."""
    return {
        name: [getattr(postings, name).astype(kind, copy=False)] for name, kind in _SECTIONS.items()
    }


def table_sections(table: DefinitionTable) -> dict[str, Iterable[Piece]]:
    """Return the sections of a run that hold its definitions."""
    return {"definitions": [table.rows], "names": [b"\n".join(table.names)]}


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

    def definition_table(self) -> DefinitionTable:
        """Return all definitions."""
        names = bytes(self.file.read("names"))
        rows = self.file.array("definitions", DEFINITION)
        return DefinitionTable(names.split(b"\n") if len(rows) else [], rows)

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
