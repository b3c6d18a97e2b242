"""The fingerprint of a model, which codelode reads from model.json."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from codelode.embed.model_folder import ARRAYS


def fingerprint_of(folder: Path, info: dict[str, Any]) -> str:
    """Return a hash of all that determines the vectors: settings in model.json, and the arrays."""
    digest = hashlib.blake2b(digest_size=12)
    for key in ("format", "tokenizer", "dimensions", "path_weight"):
        digest.update(f"{key}={info[key]}\n".encode())
    for name in ARRAYS:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()
