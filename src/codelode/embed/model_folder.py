"""The folder of a static model: its files, how they are read, and their fingerprint.

model.json      name, dimensions, tokenizer, path_weight, fingerprint, license, how it was made
hashes.npy      uint64[known]       `term_hash` of every part in the vocabulary, ascending
table.npy       int8[rows, d]       rows of the known parts, then rows of the buckets
scales.npy      float32[rows]       row i of the table stands for `table[i] * scales[i]`
weights.npy     float32[rows, 2]    weight of a row in a passage, and in a query; positive
vocabulary.txt  the known parts, a line each, in the order of the rows; for people, not loaded
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codelode.embed.vocabulary import BUCKETS
from codelode.errors import ModelError
from codelode.text.tokens import PARTS_TOKENIZER

INFO = "model.json"
ARRAYS = ("hashes.npy", "table.npy", "scales.npy", "weights.npy")
_FORMAT = 1


@dataclass(frozen=True, slots=True, eq=False)
class ModelFolder:
    """A static model, memory-mapped. `info` is the content of model.json."""

    info: dict[str, Any]
    hashes: NDArray[np.uint64]
    table: NDArray[np.int8]
    scales: NDArray[np.float32]
    weights: NDArray[np.float32]

    @staticmethod
    def open(folder: Path) -> ModelFolder:
        """Map the model in `folder`. Raises ModelError if it holds no model of this version."""
        info = _read_info(folder / INFO)
        model = ModelFolder(info, *(_map(folder / name) for name in ARRAYS))
        known, rows = len(model.hashes), len(model.table)
        shapes = (model.table.shape, model.scales.shape, model.weights.shape)
        expected = ((rows, info["dimensions"]), (rows,), (rows, 2))
        if rows != known + BUCKETS or shapes != expected:
            raise ModelError(f"the arrays of the model in {folder} do not fit together: {shapes}")
        return model

    @property
    def name(self) -> str:
        """The name of the model; if it is bundled, `load` finds it by this name."""
        return str(self.info["name"])

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return int(self.info["dimensions"])

    @property
    def fingerprint(self) -> str:
        """The fingerprint recorded in model.json: a hash of all that determines the vectors."""
        return str(self.info["fingerprint"])

    @property
    def path_weight(self) -> float:
        """The weight of a part in the path, relative to a part in the text."""
        return float(self.info["path_weight"])


def _read_info(path: Path) -> dict[str, Any]:
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read the model description {path}: {error}") from error
    needed = {"name", "dimensions", "fingerprint", "path_weight", "format", "tokenizer"}
    if not isinstance(info, dict) or not needed <= info.keys():
        raise ModelError(f"{path} does not describe a static model")
    if info["format"] != _FORMAT or info["tokenizer"] != PARTS_TOKENIZER:
        raise ModelError(
            f"{path} is for tokenizer {info['tokenizer']!r} (this version has"
            f" {PARTS_TOKENIZER!r}): use the model that comes with this version"
        )
    return info


def _map(path: Path) -> NDArray[Any]:
    try:
        # Viewed as a plain array, because indexing a np.memmap is several times as slow.
        mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path} of the model: {error}") from error
    return mapped
