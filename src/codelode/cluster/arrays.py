"""Arrays in frames: shapes in the JSON head, little-endian values in the same order in the body."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codelode.system.framing import Frame, FrameError

Shape = tuple[int | None, ...]
"""The shape of an array; None where any length is right."""

Description = dict[str, tuple[str, Shape]]
"""The dtype and the shape of each array of a message, by name."""


def pack_arrays(arrays: Mapping[str, NDArray[Any]], expected: Description) -> Frame:
    """Return a frame of some arrays, in the order of `expected`."""
    packed = [np.asarray(arrays[name], dtype) for name, (dtype, _) in expected.items()]
    shapes = [list(each.shape) for each in packed]
    return {"arrays": shapes}, b"".join(each.tobytes() for each in packed)


def unpack_arrays(frame: Frame, expected: Description) -> dict[str, NDArray[Any]]:
    """Return the packed arrays, read-only. Raises `FrameError` if they do not fit `expected`."""
    shapes, body = field_of(frame[0], "arrays"), frame[1]
    if not isinstance(shapes, list) or len(shapes) != len(expected):
        raise FrameError("a message with too few or too many arrays")
    arrays: dict[str, NDArray[Any]] = {}
    at = 0
    for (name, (dtype, wanted)), shape in zip(expected.items(), shapes, strict=True):
        if not _is_shape(shape, wanted):
            raise FrameError(f"an array {name} of another shape")
        kind, count = np.dtype(dtype), prod(shape)
        stop = at + count * kind.itemsize
        if stop > len(body):
            raise FrameError(f"an array {name} that is cut short")
        array = np.frombuffer(body, kind, count, at).reshape(shape)
        if kind == np.bool_ and (array.view(np.uint8) > 1).any():
            raise FrameError(f"an array {name} with values that are neither true nor false")
        arrays[name] = array
        at = stop
    if at != len(body):
        raise FrameError("a message that is longer than its arrays")
    return arrays


def field_of(head: Any, name: str) -> Any:
    """Return a field of the head of a frame. Raises `FrameError` if it is absent."""
    if not isinstance(head, dict) or name not in head:
        raise FrameError(f"a message without {name}")
    return head[name]


def _is_shape(shape: Any, wanted: Shape) -> bool:
    return (
        isinstance(shape, list)
        and len(shape) == len(wanted)
        and all(
            type(length) is int and 0 <= length < 1 << 40 and right in (None, length)
            for length, right in zip(shape, wanted, strict=True)
        )
    )
