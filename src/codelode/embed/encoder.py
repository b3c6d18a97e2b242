"""The `Encoder` protocol: what the pipeline and the searcher ask of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from codelode.types import Passages


class Encoder(Protocol):
    """Turns chunks and queries into unit vectors of the same space.

    A row must depend on its own passage alone, never on the batch it came in: the result of an
    incremental update has to equal that of a clean rebuild, to the bit.
    """

    @property
    def name(self) -> str:
        """What `--model` takes to load this encoder again."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes when the vectors would: recorded in the manifest, checked at query time."""
        ...

    def encode_passages(self, passages: Passages) -> NDArray[np.float32]:
        """Unit rows, float32[n, dimensions]; a passage with nothing to go by is a zero row."""
        ...

    def encode_query(self, query: str) -> NDArray[np.float32]:
        """A unit vector, float32[dimensions]; zeros if the query has nothing to go by."""
        ...
