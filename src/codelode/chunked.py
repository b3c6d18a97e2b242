"""A document in chunks, with its definitions: what the chunker hands to the segment builder."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codelode.types import Definition

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from codelode.types import Chunk

    Integers = Sequence[int] | NDArray[np.int64]


class DefinitionColumns(NamedTuple):
    """The definitions of a document: a column of n values for each field of `Definition`.

    An index has hundreds of thousands of definitions, and making an object for each takes time.
    """

    names: Sequence[str] = ()
    kinds: Sequence[str] = ()
    start_lines: Integers = ()
    end_lines: Integers = ()
    name_lines: Integers = ()
    parents: Integers = ()
    declarations: Sequence[bool] = ()
    owners: Sequence[str] = ()


class ChunkedDocument(NamedTuple):
    """The chunks and the definitions of a document, in document order, outer before inner."""

    chunks: list[Chunk]
    columns: DefinitionColumns

    @property
    def definitions(self) -> list[Definition]:
        """The definitions one by one."""
        names, kinds, starts, ends, name_lines, parents, declarations, owners = self.columns
        numbers = (map(int, each) for each in (starts, ends, name_lines, parents))
        rows = zip(names, kinds, *numbers, declarations, owners, strict=True)
        return [Definition(*row) for row in rows]
