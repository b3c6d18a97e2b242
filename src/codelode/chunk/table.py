"""The definitions of a document as the index has them: by lines."""

from __future__ import annotations

from functools import partial
from operator import attrgetter

import numpy as np

from codelode.chunk.definitions import RawDefinition
from codelode.chunk.lines import Lines
from codelode.types import Definition

_new_definition = partial(tuple.__new__, Definition)  # `Definition(...)` is a call of Python
_OFFSETS = attrgetter("start", "end", "name_start")
_NAMING = attrgetter("name", "kind")
_RELATIONS = attrgetter("parent", "declaration", "owner")


def definition_table(definitions: list[RawDefinition], lines: Lines) -> list[Definition]:
    """Return the same definitions in the same order, by lines."""
    if not definitions:
        return []
    offsets = np.array(list(map(_OFFSETS, definitions)))
    offsets[:, 1] -= 1
    numbers = np.searchsorted(lines.offsets, offsets, side="right").tolist()
    return [
        _new_definition((*_NAMING(each), *on_lines, *_RELATIONS(each)))
        for each, on_lines in zip(definitions, numbers, strict=True)
    ]
