"""Check the definitions of a segment: every reference, and that they are as written."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from codelode.errors import DamagedError
from codelode.segment.definitions import MAX_RECORD_BYTES, definition_records
from codelode.segment.frames import Frames
from codelode.segment.names import (
    NAMES_PER_BLOCK,
    clean_names,
    name_keys,
    name_records,
    sorted_names,
)
from codelode.segment.schema import DECLARATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from codelode.segment.definitions import DefinitionTable
    from codelode.segment.reader import Segment


def definition_faults(segment: Segment) -> Iterator[tuple[str, str]]:
    """Yield the section and a description of what is wrong; the table of files must be sound."""
    try:
        table = segment.definition_table()
        yield from _packing_faults(segment, table)
    except DamagedError as error:
        yield "definitions", error.problem
    except (LookupError, ValueError) as error:
        yield "definitions", f"they cannot be read ({error})"
    else:
        yield from _name_faults(table)
        yield from _row_faults(segment, table)


def _packing_faults(segment: Segment, table: DefinitionTable) -> Iterator[tuple[str, str]]:
    """Compare with what packing makes of the table, but not how that is compressed."""
    rows = table.rows
    if (rows["name"] >= len(table.names)).any():
        yield "names", "a definition has no name"
        return
    owned = rows["name"].astype(np.int64)
    most = sum(len(name) + 5 for name in table.names) + 4 * len(rows) + 64
    for section, blocks, limit, records in (
        ("definitions", "definition_blocks", MAX_RECORD_BYTES, definition_records(rows)),
        ("names", "name_blocks", most, name_records(table.names, owned)),
    ):
        frames = Frames(segment.file, section, blocks)
        found = (frames.read(number, limit) for number in range(len(frames)))
        if not frames.lie_end_to_end():
            yield blocks, "the blocks do not cover their section end to end"
        elif any(one != other for one, other in zip_longest(found, records)):
            yield section, "a block is not as it would be written"
    heads = name_keys(table.names[::NAMES_PER_BLOCK])
    if bytes(segment.file.read("name_heads")) != b"\n".join(heads):
        yield "name_heads", "they are not the keys of the first names of the blocks"


def _name_faults(table: DefinitionTable) -> Iterator[tuple[str, str]]:
    if sorted_names(table.names) != table.names:
        yield "names", "the names are not sorted"
    if clean_names([name.decode("utf-8", "replace") for name in table.names]) != table.names:
        yield "names", "a name is not UTF-8 on one line"
    if table.rows["owner"].max(initial=0) > len(table.names):
        yield "definitions", "an owner is out of range"
        return
    used = np.zeros(len(table.names) + 1, bool)
    used[table.rows["owner"]] = True
    used[table.rows["name"] + np.int64(1)] = True
    if not used[1:].all():
        yield "names", "no definition has one of the names"


def _row_faults(segment: Segment, table: DefinitionTable) -> Iterator[tuple[str, str]]:
    files, rows = segment.files, table.rows
    counts = files["definitions"]
    places = np.arange(len(rows)) - np.repeat(files["first_definition"].astype(np.int64), counts)
    if (rows["parent"] > places).any():
        yield "definitions", "a definition is enclosed by one of another file"
    if not _within(rows["kind"], 1, len(segment.kinds)):
        yield "definitions", "a kind is out of range"
    if not _within(rows["flags"], 0, DECLARATION):
        yield "definitions", "there is an unknown flag"
    if (rows["name_line"] > rows["more_lines"]).any():
        yield "definitions", "a name is outside its definition"
    chunks = segment.chunks
    last_lines = np.append(0, chunks["start_line"].astype(np.int64) + chunks["more_lines"])
    last_chunks = files["first_chunk"].astype(np.int64) + files["chunks"]
    last_lines = np.where(files["chunks"] > 0, last_lines[last_chunks], 0)
    starts = rows["start_line"].astype(np.int64)
    if (
        not (starts >= 1).all()
        or (starts + rows["more_lines"] > np.repeat(last_lines, counts)).any()
    ):
        yield "definitions", "a definition is outside its file"


def _within(values: NDArray[np.unsignedinteger], low: int, high: int) -> bool:
    return bool((values >= low).all() and (values <= high).all())
