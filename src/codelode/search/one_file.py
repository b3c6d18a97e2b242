"""One file of a shard, by its path: its text and its definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from codelode.errors import UsageError
from codelode.segment.schema import path_hash

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.search.shard import Shard
    from codelode.types import SymbolHit


def find_file(shard: Shard, path: str) -> tuple[int, int] | None:
    """Return the segment number and the row of a live file that has text; None if there is none.

    `path` begins with the prefix of its segment.
    """
    for number, live in enumerate(shard.snapshot.segments):
        inside = shard.path_inside(number, path)
        if inside is None:
            continue
        files = live.segment.files
        matching = (files["path_hash"] == path_hash(inside)) & live.files & (files["skip"] == 0)
        for row in np.flatnonzero(matching).tolist():
            if live.segment.path(row) == inside:
                return number, row
    return None


def not_in_the_index(path: str) -> UsageError:
    """Return the error for a path that is no file of an index."""
    return UsageError(f"{path} is not in the index")


def file_text(shard: Shard, path: str) -> bytes | None:
    """Return the text of a file as indexed, in UTF-8; None if the file is not in the shard.

    The caller holds the snapshot. Raises `DamagedError`.
    """
    found = find_file(shard, path)
    if found is None:
        return None
    number, row = found
    segment = shard.segment(number)
    return segment.text(row, 0, int(segment.files["text_bytes"][row]))


def file_outline(shard: Shard, root: Path | None, path: str) -> list[SymbolHit] | None:
    """Return the definitions of a file, in document order; None if the file is not in the shard.

    With a root, hits are marked if the file has changed. The caller holds the snapshot. Raises
    `DamagedError`.
    """
    from codelode.search.symbol_hits import Found, as_hits  # no search needs it

    found = find_file(shard, path)
    if found is None:
        return None
    number, row = found
    records = shard.segment(number).definitions.records_of_file(row)
    return [
        hit
        for _, hit in as_hits(
            shard,
            root,
            (Found(order=(), segment=number, record=each, match=None) for each in records),
        )
    ]
