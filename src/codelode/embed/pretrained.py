"""Code shared by the encoders of pretrained models: files, tokenizer, input text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from codelode.embed.row_counts import PATH_COMPONENTS
from codelode.errors import ModelError
from codelode.types import Passages


def require(package: str, purpose: str) -> Any:
    """Import an optional package, which `purpose` needs.

    Raises `ModelError`, which names the extra to install.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise ModelError(
            f"{purpose} needs the package {package!r}: pip install 'codelode[onnx]'"
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; empty if there is no such file. Raises `ModelError`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} does not hold a JSON object")
    return found


def load_tokenizer(path: Path) -> Any:
    """Load the `tokenizers.Tokenizer` of a tokenizer.json, without padding. Raises `ModelError`."""
    tokenizers = require("tokenizers", f"the model in {path.parent}")
    try:
        tokenizer = tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the package raises no narrower type
        raise ModelError(f"cannot read the tokenizer {path}: {error}") from error
    tokenizer.no_padding()
    return tokenizer


def fingerprint_of_files(paths: Iterable[Path]) -> str:
    """Return a hash over the names and contents of files; missing files count as empty."""
    digest = xxhash.xxh3_128()
    for path in paths:
        digest.update(f"\0{path.name}\0".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def passage_texts(passages: Passages) -> Iterator[str]:
    """Yield the text to embed for each passage: the end of its path on a line, then its text."""
    for path, text in zip(passages.paths, passages.texts, strict=True):
        tail = "/".join(path.split("/")[-PATH_COMPONENTS:])
        yield f"{tail}\n{text.decode('utf-8', 'replace')}"


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalize a vector to length 1; zeros stay zeros."""
    exact = vector.astype(np.float64)
    length = float(np.sqrt(np.einsum("i,i->", exact, exact)))
    return (exact / length if length > 0 else exact).astype(np.float32)


def encode_each(
    passages: Passages, dimensions: int, encode: Callable[[str], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Encode every passage by itself: float32[n, dimensions]."""
    rows = np.zeros((len(passages.texts), dimensions), dtype=np.float32)
    for i, text in enumerate(passage_texts(passages)):
        rows[i] = encode(text)
    return rows
