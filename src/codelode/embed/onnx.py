"""Encode with a sentence-transformers ONNX export: a transformer, run by onnxruntime.

Each passage is run by itself, without padding. In a batch, a dynamically quantized model (the usual
int8 export) would scale its activations by the largest in the batch, so a vector would depend on
the other passages. Padding to the longest text also costs more than a batch saves.
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
    read_json,
    require,
    unit,
)
from codelode.errors import ModelError
from codelode.types import Passages

_LOCATIONS = (".", "onnx")
_PREFERRED = ("model_quantized.onnx", "model_int8.onnx", "model.onnx")
_DEFAULT_TOKENS = 512


def find_onnx(folder: Path) -> Path | None:
    """Return the .onnx file of an export; a quantized one has precedence, because it is faster."""
    places = [folder / location for location in _LOCATIONS]
    named = [place / name for name in _PREFERRED for place in places]
    others = [path for place in places for path in sorted(place.glob("*.onnx"))]
    return next((path for path in [*named, *others] if path.is_file()), None)


class OnnxEncoder:
    """A transformer with mean or first-token pooling, as 1_Pooling/config.json says."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.name = str(folder)
        settings = [folder / "sentence_bert_config.json", folder / "1_Pooling" / "config.json"]
        self.fingerprint = fingerprint_of_files([model, folder / "tokenizer.json", *settings])
        self._first_token = bool(read_json(settings[1]).get("pooling_mode_cls_token", False))
        self._tokenizer = load_tokenizer(folder / "tokenizer.json")
        self._tokenizer.enable_truncation(_max_tokens(folder))
        self._session = _session(model)
        self._inputs = {given.name for given in self._session.get_inputs()}
        self.dimensions = len(self._encode("a"))

    def encode_query(self, query: str) -> NDArray[np.float32]:
        """Return a unit vector, float32[d]; zeros for a blank query."""
        if not query.strip():
            return np.zeros(self.dimensions, dtype=np.float32)
        return self._encode(query)

    def encode_passages(self, passages: Passages) -> NDArray[np.float32]:
        """Return unit rows, float32[n, d]."""
        return encode_each(passages, self.dimensions, self._encode)

    def _encode(self, text: str) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode(text)
        given = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
        }
        feed = {
            name: np.array([values], dtype=np.int64)
            for name, values in given.items()
            if name in self._inputs
        }
        (output,) = self._session.run(None, feed)[:1]
        vector = output[0]
        if vector.ndim == 2:  # one row per token; otherwise the model has pooled them
            vector = vector[0] if self._first_token else vector.mean(axis=0)
        return unit(vector)


def _max_tokens(folder: Path) -> int:
    """Return the maximum input length of the model in tokens, at most `_DEFAULT_TOKENS`."""
    sentence = read_json(folder / "sentence_bert_config.json").get("max_seq_length")
    tokenizer = read_json(folder / "tokenizer_config.json").get("model_max_length")
    limits = [limit for limit in (sentence, tokenizer) if isinstance(limit, int) and limit > 0]
    return min([*limits, _DEFAULT_TOKENS])


def _session(model: Path) -> Any:
    onnxruntime = require("onnxruntime", f"the model {model}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the pipeline runs one process per core
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no narrower public type
        raise ModelError(f"cannot load the model {model}: {error}") from error
