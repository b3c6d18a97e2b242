"""The definitions of a document as the index has them: by lines."""

from __future__ import annotations

from functools import partial

import numpy as np

from codelode.chunk.definitions import RawDefinition
from codelode.chunk.lines import Lines
from codelode.types import Definition

_new_definition = partial(tuple.__new__, Definition)  # faster than `Definition(...)`


def definition_table(definitions: list[RawDefinition], lines: Lines) -> list[Definition]:
    """Return the same definitions in the same order, by lines."""
    if not definitions:
        return []
    offsets = [each.start for each in definitions]
    offsets += [each.end - 1 for each in definitions]
    offsets += [each.name_start for each in definitions]
    numbers = np.searchsorted(lines.offsets, np.array(offsets), side="right").tolist()
    count = len(definitions)
    columns = (
        [each.name for each in definitions],
        [each.kind for each in definitions],
        numbers[:count],
        numbers[count : 2 * count],
        numbers[2 * count :],
        [each.parent for each in definitions],
        [each.declaration for each in definitions],
        [each.owner for each in definitions],
    )
    return list(map(_new_definition, zip(*columns, strict=True)))
