"""An encoder supplied by the calling program, whose results are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode import arguments
from codelode.errors import ModelError

if TYPE_CHECKING:
    from codelode.embed.encoder import Encoder
    from codelode.types import Passages

_MEMBERS = ("name", "dimensions", "fingerprint", "encode_passages", "encode_query")


class CheckedEncoder:
    """An encoder that raises `ModelError` instead of returning invalid vectors."""

    def __init__(self, encoder: Encoder) -> None:
        """Raise `UsageError` if the object is not an `Encoder`."""
        arguments.has("encoder", encoder, "an `Encoder`", _MEMBERS)
        self._encoder = encoder
        self.name = arguments.string("encoder.name", encoder.name)
        self.fingerprint = arguments.string("encoder.fingerprint", encoder.fingerprint)
        self.dimensions = arguments.whole_number("encoder.dimensions", encoder.dimensions, least=1)

    def encode_passages(self, passages: Passages) -> NDArray[np.float32]:
        """Return unit rows, float32[n, dimensions]."""
        if not passages.texts:
            return np.zeros((0, self.dimensions), np.float32)
        vectors = self._encoder.encode_passages(passages)
        return self._checked(vectors, (len(passages.texts), self.dimensions))

    def encode_query(self, query: str) -> NDArray[np.float32]:
        """Return a unit vector, float32[dimensions]."""
        return self._checked(self._encoder.encode_query(query), (self.dimensions,))

    def _checked(self, vectors: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
        if not isinstance(vectors, np.ndarray) or vectors.dtype != np.float32:
            raise ModelError(f"the encoder {self.name!r} must return float32 arrays")
        if vectors.shape != shape:
            raise ModelError(
                f"the encoder {self.name!r} returned an array of shape {vectors.shape}, not {shape}"
            )
        if not np.isfinite(vectors).all():
            raise ModelError(f"the encoder {self.name!r} returned vectors that are not finite")
        return vectors
