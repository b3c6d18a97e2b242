"""The definitions of a document as the index has them: by lines, in document order."""

from __future__ import annotations

from functools import partial
from itertools import repeat

import numpy as np

from codelode.chunk.definitions import Found
from codelode.chunk.lines import Lines
from codelode.types import Definition

_new_definition = partial(tuple.__new__, Definition)  # `Definition(...)` is a call of Python


def definition_table(found: list[Found], lines: Lines) -> list[Definition]:
    """List definitions in document order, an outer one before those inside it."""
    if not found:
        return []
    order = sorted(range(len(found)), key=lambda i: (found[i].start, -found[i].end))  # stable
    place = {old: new for new, old in enumerate(order)}
    place[-1] = -1
    ordered = [found[i] for i in order]
    offsets = np.array([(each.start, each.end - 1, each.name_start) for each in ordered])
    numbers: list[list[int]] = np.searchsorted(lines.offsets, offsets.T, side="right").tolist()
    return list(
        map(
            _new_definition,
            zip(
                [each.name for each in ordered],
                [each.kind for each in ordered],
                *numbers,
                [place[each.parent] for each in ordered],
                repeat(False),
                repeat(""),
                strict=False,
            ),
        )
    )
