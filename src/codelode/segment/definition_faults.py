"""Check the definitions of a segment: every reference, and how they are packed."""

from __future__ import annotations

from itertools import zip_longest
from operator import lt
from typing import TYPE_CHECKING

import numpy as np

from codelode.errors import DamagedError
from codelode.segment.definitions import (
    MAX_RECORD_BYTES,
    ChunkFinder,
    definition_records,
)
from codelode.segment.frames import Frames
from codelode.segment.name_keys import as_bytes, as_text, clean_names, sortable
from codelode.segment.names import NameBlocks, Names, max_name_record, name_records
from codelode.segment.schema import DECLARATION, DEFINITION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from codelode.segment.reader import Segment


def definition_faults(segment: Segment) -> Iterator[tuple[str, str]]:
    """Yield the section and a description of each fault; the other tables must be intact."""
    try:
        rows = np.concatenate([np.zeros(0, DEFINITION), *segment.definition_rows()])
        names = _SoundNames(segment)
        wrong = [*_row_faults(segment, rows, names.count), *names.faults(rows)]
        yield from wrong or _packing_faults(segment, rows, names.blocks)
    except DamagedError as error:
        yield "definitions", error.problem
    except (LookupError, ValueError) as error:
        yield "definitions", f"they cannot be read ({error})"


def _row_faults(segment: Segment, rows: NDArray[np.void], names: int) -> Iterator[tuple[str, str]]:
    files = segment.files
    counts = files["definitions"]
    places = np.arange(len(rows)) - np.repeat(files["first_definition"].astype(np.int64), counts)
    ranges = (
        ("the number of a name", rows["name"], 0, names - 1),
        ("the number of an owner", rows["owner"], 0, names),
        ("a kind", rows["kind"], 1, len(segment.kinds)),
        ("a flag", rows["flags"], 0, DECLARATION),
        ("the line of a name", rows["name_line"], 0, rows["more_lines"]),
        ("the distance to a parent", rows["parent"], 0, places),
        ("a line", rows["start_line"], 1, _last_lines(segment) - rows["more_lines"]),
    )
    for what, values, low, high in ranges:
        if not ((values >= low) & (values <= high)).all():
            yield "definitions", f"{what} is out of range"


def _last_lines(segment: Segment) -> NDArray[np.int64]:
    """Return, for each definition, the last line of its file."""
    files, chunks = segment.files, segment.chunks
    having = files[files["definitions"] > 0]
    last = chunks[having["first_chunk"].astype(np.int64) + having["chunks"] - 1]
    lines = last["start_line"].astype(np.int64) + last["more_lines"]
    return np.repeat(lines, having["definitions"])


class _SoundNames:
    """The names of a segment, and whether they are sorted and each is UTF-8 on one line."""

    def __init__(self, segment: Segment) -> None:
        self.blocks = NameBlocks()
        self.count = 0
        self._sorted = self._clean = True
        last = ""
        for block in Names(segment.file, segment.definition_count).blocks():
            names = as_text(b"\n".join(block.names)).split("\n")  # faster than name by name
            order = sortable(names)
            self._sorted &= all(map(lt, [last, *order], order))
            self._clean &= clean_names(_decoded(names)) == names
            self.blocks.add(names)
            self.count += len(names)
            last = order[-1]
        self.blocks.finish()

    def faults(self, rows: NDArray[np.void]) -> Iterator[tuple[str, str]]:
        if not self._sorted:
            yield "names", "the names are not sorted"
        if not self._clean:
            yield "names", "a name is not UTF-8 on one line"
        used = np.concatenate((rows["owner"], rows["name"] + np.int64(1)))
        if not np.isin(np.arange(1, self.count + 1), used).all():
            yield "names", "no definition has one of the names"


def _decoded(names: list[str]) -> list[str]:
    """Decode names that have a character for each byte; ASCII names are decoded already."""
    if "".join(names).isascii():
        return names
    return [as_bytes(name).decode("utf-8", "replace") for name in names]


def _packing_faults(
    segment: Segment, rows: NDArray[np.void], names: NameBlocks
) -> Iterator[tuple[str, str]]:
    """Yield how the blocks, once decompressed, differ from a fresh packing of the table."""
    pairs = ChunkFinder(segment.files, segment.chunks).pairs(rows)
    for section, blocks, most, records in (
        ("definitions", "definition_blocks", MAX_RECORD_BYTES, definition_records(rows)),
        ("names", "name_blocks", max_name_record(len(rows)), name_records(names.texts, pairs)),
    ):
        frames = Frames(segment.file, section, blocks)
        found = (frames.read(number, most) for number in range(len(frames)))
        if not frames.lie_end_to_end():
            yield blocks, "the blocks do not cover their section end to end"
        elif any(one != other for one, other in zip_longest(found, records)):
            yield section, "a block is not as it would be written"
    if bytes(segment.file.read("name_heads")) != b"\n".join(names.heads):
        yield "name_heads", "they are not the keys of the first names of the blocks"
