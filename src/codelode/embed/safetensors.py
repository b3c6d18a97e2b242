"""Read tensors from a .safetensors file: a JSON header and raw little-endian data.

Format: https://github.com/huggingface/safetensors#format. No extra package is needed.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codelode.errors import ModelError

_DTYPES = dict(F64="<f8", F32="<f4", F16="<f2", I64="<i8", I32="<i4", I8="i1", U8="u1")  # noqa: C408
_MAX_HEADER = 100_000_000  # bytes, the limit of the reference implementation


def tensor_names(path: Path) -> list[str]:
    """Return the names of the tensors in a file."""
    return list(_header(path)[0])


def read_tensor(path: Path, name: str) -> NDArray[np.float32]:
    """Return the first tensor named `name` or `*.name`, as float32. Raises `ModelError`."""
    header, data_start = _header(path)
    matching = [entry for key, entry in header.items() if key == name or key.endswith(f".{name}")]
    if not matching:
        raise ModelError(f"{path} has no tensor {name!r}, only {', '.join(header)[:200]}")
    entry = matching[0]
    try:
        start, end = entry["data_offsets"]
        shape = tuple(entry["shape"])
        if entry["dtype"] == "BF16":
            halves = np.fromfile(path, "<u2", (end - start) // 2, offset=data_start + start)
            return (halves.astype(np.uint32) << 16).view(np.float32).reshape(shape)
        dtype = np.dtype(_DTYPES[entry["dtype"]])
        flat = np.fromfile(path, dtype, (end - start) // dtype.itemsize, offset=data_start + start)
        return flat.reshape(shape).astype(np.float32, copy=False)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise ModelError(f"cannot read the tensor {name!r} of {path}: {error}") from error


def _header(path: Path) -> tuple[dict[str, Any], int]:
    try:
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _MAX_HEADER:
                raise ValueError("the header is too long")
            header = json.loads(file.read(length))
    except (OSError, ValueError, struct.error) as error:
        raise ModelError(f"cannot read {path} as safetensors: {error}") from error
    header.pop("__metadata__", None)
    return header, 8 + length
