"""The files of a segment that a partial update covers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from codelode.discover.scope import Names, Scope
    from codelode.segment.reader import Segment

RawNames = dict[bytes, "RawNames | None"]

FEW_PATHS = 64
"""Up to this many paths are each compared with all files in vectors: 0.1 ms for 10,000 files. For
more it is cheaper to look at every file once."""


def rows_within(segment: Segment, rows: NDArray[np.int64], scope: Scope) -> NDArray[np.int64]:
    """Return the subset of `rows` of the file table, int64[n], whose files are in scope."""
    if len(scope.paths) > FEW_PATHS:
        return _by_file(segment, rows, scope.names)
    in_scope = [_at_or_below(segment, rows, os.fsencode(path)) for path in scope.paths]
    return np.sort(np.concatenate([np.zeros(0, np.int64), *in_scope]))


def _at_or_below(segment: Segment, rows: NDArray[np.int64], path: bytes) -> NDArray[np.int64]:
    """Return the `rows` of files at or below a path.

    The last bytes of the path are compared first, because they differ most.
    """
    starts, lengths = segment.files["path_start"], segment.files["path_length"]
    data = segment.file.array("paths", np.uint8)
    rows = rows[lengths[rows] >= len(path)]
    for offset in range(len(path) - 1, -1, -1):
        if not len(rows):
            return rows
        rows = rows[data[starts[rows].astype(np.int64) + offset] == path[offset]]
    exact = lengths[rows] == len(path)
    below = rows[~exact]
    below = below[data[starts[below].astype(np.int64) + len(path)] == ord("/")]
    return np.concatenate((rows[exact], below))


def _by_file(segment: Segment, rows: NDArray[np.int64], names: Names) -> NDArray[np.int64]:
    """Return the rows in scope; look up each path, folder by folder, in the nested `names`."""
    table, encoded = segment.files, _encoded(names)
    paths = segment.pieces("paths", table["path_start"][rows], table["path_length"][rows])
    return rows[[_leads_into(path, encoded) for path in paths]]


def _encoded(names: Names) -> RawNames:
    return {
        os.fsencode(name): None if below is None else _encoded(below)
        for name, below in names.items()
    }


def _leads_into(path: bytes, names: RawNames) -> bool:
    below: RawNames | None = names
    for part in path.split(b"/"):
        if below is None or part not in below:
            break
        below = below[part]
    return below is None
