"""The definitions of a document as the index has them: by lines."""

from __future__ import annotations

import numpy as np

from codelode.chunk.definitions import RawDefinition
from codelode.chunk.lines import Lines
from codelode.types import DefinitionColumns


def definition_columns(definitions: list[RawDefinition], lines: Lines) -> DefinitionColumns:
    """Return the same definitions in the same order, by lines."""
    if not definitions:
        return DefinitionColumns()
    offsets = [each.start for each in definitions]
    offsets += [each.end - 1 for each in definitions]
    offsets += [each.name_start for each in definitions]
    numbers = lines.offsets.searchsorted(np.array(offsets), side="right")
    start_lines, end_lines, name_lines = numbers.reshape(3, -1)
    return DefinitionColumns(
        [each.name for each in definitions],
        [each.kind for each in definitions],
        start_lines,
        end_lines,
        name_lines,
        [each.parent for each in definitions],
        [each.declaration for each in definitions],
        [each.owner for each in definitions],
    )
