"""The `Encoder` protocol: the interface of an embedding model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from codelode.types import Passages


class Encoder(Protocol):
    """An embedding model that maps chunks and queries to unit vectors of the same space.

    A row must depend on its own passage alone, never on the batch, because an incremental update
    has to give exactly the result of a clean rebuild.
    """

    @property
    def name(self) -> str:
        """The name or path by which `--model` loads this encoder again."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """A string that changes whenever the vectors would; the manifest records it."""
        ...

    def encode_passages(self, passages: Passages) -> NDArray[np.float32]:
        """Return unit rows, float32[n, dimensions].

        A passage without known words has a zero row.
        """
        ...

    def encode_query(self, query: str) -> NDArray[np.float32]:
        """Return a unit vector, float32[dimensions]; zeros if the model has no word of `query`."""
        ...


@runtime_checkable
class HasVocabulary(Protocol):
    """An encoder that can tell words from letters without meaning."""

    def knows(self, text: str) -> bool:
        """Return whether the model knows any word of a text as a whole."""
        ...


def knows(encoder: Encoder, text: str) -> bool:
    """Return whether a model knows any word of a text; true for a model that cannot tell."""
    return not isinstance(encoder, HasVocabulary) or encoder.knows(text)
