"""Encode with a model2vec folder: config.json, model.safetensors, tokenizer.json.

A vector is the mean of the vectors of the text's tokens (https://github.com/MinishLab/model2vec).
Newer models have a weight for each token, and map tokens to fewer vectors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codelode.embed.pretrained import (
    encode_each,
    fingerprint_of_files,
    load_tokenizer,
    unit,
)
from codelode.embed.safetensors import read_tensor, tensor_names
from codelode.errors import ModelError
from codelode.types import Passages

WEIGHTS_FILE = "model.safetensors"
TENSOR = "embeddings"
_FILES = ("config.json", WEIGHTS_FILE, "tokenizer.json")
_MAX_TOKENS = 512


def is_model2vec(folder: Path) -> bool:
    """Return whether a folder holds a model2vec model."""
    file = folder / WEIGHTS_FILE
    return file.is_file() and TENSOR in tensor_names(file)


class Model2VecEncoder:
    """An encoder with a table of token vectors, loaded into memory."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self.fingerprint = fingerprint_of_files(folder / file for file in _FILES)
        self._tokenizer = load_tokenizer(folder / "tokenizer.json")
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._unknown = _unknown_token(self._tokenizer)
        file = folder / WEIGHTS_FILE
        tensors = tensor_names(file)
        self._vectors = read_tensor(file, TENSOR)
        if self._vectors.ndim != 2:
            raise ModelError(f"{file} does not hold a table of vectors")
        tokens = np.arange(self._tokenizer.get_vocab_size())
        mapped = "mapping" in tensors
        self._rows = read_tensor(file, "mapping").astype(np.int64) if mapped else tokens
        self._weights = read_tensor(file, "weights") if "weights" in tensors else None
        lacking = len(self._rows) < len(tokens) or self._rows.max(initial=0) >= len(self._vectors)
        if lacking or (self._weights is not None and len(self._weights) < len(tokens)):
            raise ModelError(f"{file} has fewer vectors than its tokenizer has tokens")

    @property
    def dimensions(self) -> int:
        """The number of columns of the table."""
        return int(self._vectors.shape[1])

    def encode_query(self, query: str) -> NDArray[np.float32]:
        """Return a unit vector, float32[d]; zeros for a text without known tokens."""
        return self._encode(query)

    def encode_passages(self, passages: Passages) -> NDArray[np.float32]:
        """Return unit rows, float32[n, d]; zeros for a text without known tokens."""
        return encode_each(passages, self.dimensions, self._encode)

    def _encode(self, text: str) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        known = [token for token in encoded.ids if token != self._unknown]
        tokens = np.array(known, dtype=np.int64)
        vectors = self._vectors[self._rows[tokens]]
        if self._weights is not None:
            vectors = vectors * self._weights[tokens][:, None]
        return unit(vectors.sum(axis=0))


def _unknown_token(tokenizer: Any) -> int | None:
    """Return the number of the token for unknown text, which carries no meaning, or None."""
    model = getattr(tokenizer, "model", None)
    name = getattr(model, "unk_token", None)
    number = tokenizer.token_to_id(name) if isinstance(name, str) else None
    return int(number) if number is not None else None
