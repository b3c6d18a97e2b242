"""The names of a segment that begin with a prefix or that a glob matches."""

from __future__ import annotations

from itertools import count, pairwise
from typing import TYPE_CHECKING

import numpy as np

from codelode.segment.name_glob import places
from codelode.segment.names import NAMES_PER_BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from codelode.search.symbol_query import NameQuery
    from codelode.segment.definition_lookup import DefinitionLookup

_FEW = 32
"""Up to this many names of a block are matched one by one; for more, the glob scans the block."""


def names_beginning(
    lookup: DefinitionLookup, query: NameQuery, exact: bool
) -> Iterator[tuple[int, str]]:
    """Yield number and text of each name that `query.begins` accepts; read blocks when needed."""
    if query.is_glob:
        for number, block in enumerate(lookup.name_table.blocks()):
            for place in places(query.name, block.text, exact):
                yield number * NAMES_PER_BLOCK + place, _text(block.names[place])
        return
    first = lookup.numbers_with_prefix(query.name).start
    for number, name in zip(count(first), lookup.names_with_prefix(query.name), strict=False):
        if query.begins(name, exact):
            yield number, name


def beginning_among(
    lookup: DefinitionLookup, query: NameQuery, exact: bool, names: NDArray[np.int64]
) -> Iterator[slice]:
    """Yield the slice of `names` for each number whose name `query.begins` accepts, in order.

    `names` int64[n] are numbers of names, ascending, with repetitions. Blocks of names are read
    only when needed.
    """
    starts = np.flatnonzero(np.diff(names, prepend=-1))
    unequal = names[starts]
    bounds = np.append(starts, len(names)).tolist()
    edges = np.flatnonzero(np.diff(unequal // NAMES_PER_BLOCK, prepend=-1)).tolist()
    for low, high in pairwise((*edges, len(unequal))):
        number = int(unequal[low]) // NAMES_PER_BLOCK
        block = lookup.name_table.block(number)
        here = (unequal[low:high] - number * NAMES_PER_BLOCK).tolist()
        if query.is_glob and len(here) > _FEW:
            fit = set(places(query.name, block.text, exact))
        else:
            fit = {place for place in here if query.begins(_text(block.name(place)), exact)}
        for at, place in enumerate(here, low):
            if place in fit:
                yield slice(bounds[at], bounds[at + 1])


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
