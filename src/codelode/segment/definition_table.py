"""The table of the definitions of a run, made from the definitions of its files."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codelode.chunked import DefinitionColumns
from codelode.segment.name_keys import clean_names, sortable
from codelode.segment.schema import DEFINITION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.segment.column_codec import Column

_OBJECTS = tuple(
    map(DefinitionColumns._fields.index, ("names", "owners", "kinds", "declarations", "parents"))
)
_NUMBERS = tuple(map(DefinitionColumns._fields.index, ("start_lines", "end_lines", "name_lines")))


class DefinitionTable(NamedTuple):
    """The definitions of a run: the sorted names, and a row for each definition.

    A name has one character for each byte. The rows, of dtype `schema.DEFINITION`, are grouped by
    file.
    """

    names: list[str]
    rows: NDArray[np.void]


def definition_table(files: Sequence[DefinitionColumns], kinds: dict[str, int]) -> DefinitionTable:
    """Make a table of the definitions of some files; add new kinds to `kinds`.

    Invalid lines and parents are replaced by the nearest valid ones.
    """
    found = [each for each in files if each.names]
    rows = np.zeros(sum(len(each.names) for each in found), DEFINITION)
    if not found:
        return DefinitionTable([], rows)
    names, owners, kind_names, declared, inside = (
        list(chain.from_iterable([each[column] for each in found])) for column in _OBJECTS
    )
    ordered, rows["name"], rows["owner"] = _numbered(names, owners)
    for kind in dict.fromkeys(kind_names):
        kinds.setdefault(kind, len(kinds) + 1)
    rows["kind"] = bytearray(map(kinds.__getitem__, kind_names))
    rows["flags"] = bytearray(declared)
    first, last, name_lines = (
        np.concatenate([each[column] for each in found]) for column in _NUMBERS
    )
    last = np.maximum(first, last)
    rows["start_line"], rows["more_lines"] = first, last - first
    rows["name_line"] = np.clip(name_lines, first, last) - first
    parents = np.fromiter(inside, np.int64, len(rows))
    rows["parent"] = _distances(parents, [len(each.names) for each in found])
    return DefinitionTable(ordered, rows)


def _numbered(names: Sequence[str], owners: Sequence[str]) -> tuple[list[str], Column, Column]:
    """Return the distinct names of definitions and owners, sorted.

    Also returns the number of each name, and for each owner 1 + its number, or 0 if it is empty.
    """
    met: dict[str, int] = {}
    own = [met.setdefault(name, len(met)) for name in clean_names(names)]
    other = [-1]
    if any(owners):
        other = [met.setdefault(each, len(met)) if each else -1 for each in clean_names(owners)]
    distinct = list(met)
    order = sorted(range(len(distinct)), key=sortable(distinct).__getitem__)
    numbers = np.zeros(len(order) + 1, np.int64)  # the last number stays 0, for no owner
    numbers[np.fromiter(order, np.int64, len(order))] = np.arange(1, len(order) + 1)
    own_numbers = numbers.take(np.fromiter(own, np.int64, len(own))) - 1
    return list(map(distinct.__getitem__, order)), own_numbers, numbers[other]


def _distances(parents: Column, counts: Sequence[int]) -> Column:
    """Return the distance from each definition back to its parent, or 0 if it has none.

    `parents` are places among the definitions of the same file; `counts` has the number of
    definitions in each file.
    """
    before = np.cumsum([0, *counts[:-1]])
    places = np.arange(len(parents)) - np.repeat(before, counts)
    distances: Column = np.where((parents >= 0) & (parents < places), places - parents, 0)
    return distances
