"""Frames: the messages that processes exchange over pipes and sockets.

A frame holds the length of a JSON head, the length of a body of bytes, the head and the body. So
nothing is pickled, no thread is forked, and a script that uses codelode needs no `__main__` guard.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any, BinaryIO

PIPE_BYTES = 1 << 16
"""How much a pipe holds, on Linux."""

_LENGTHS = struct.Struct("<IQ")  # the lengths of head and body

Frame = tuple[Any, bytes]
"""A head, which is a JSON value, and a body."""


class FrameError(ValueError):
    """A frame that no sound peer sends."""


def send(stream: BinaryIO, head: object, body: bytes = b"") -> None:
    """Write one frame. Raises `TypeError`, before writing, for a head that JSON cannot express."""
    encoded = json.dumps(head).encode()
    parts = _LENGTHS.pack(len(encoded), len(body)), encoded, body
    # A small frame is written in one piece, so that its reader wakes up once.
    for piece in (b"".join(parts),) if len(body) < PIPE_BYTES else parts:
        stream.write(piece)
    stream.flush()


def receive(stream: BinaryIO) -> Frame | None:
    """Read one frame; return None at the end of the stream, even within a frame."""
    parts = _received(stream, math.inf)
    return None if parts is None else (json.loads(parts[0]), parts[1])


def receive_at_most(stream: BinaryIO, most: int) -> Frame | None:
    """Read one frame of a peer that may be hostile: head and body have at most `most` bytes each.

    Returns None at the end of the stream, even within a frame. Raises `FrameError`.
    """
    parts = _received(stream, most)
    try:
        return None if parts is None else (json.loads(parts[0]), parts[1])
    except (ValueError, RecursionError) as error:
        raise FrameError(f"the head of a frame is no JSON: {error}") from None


def _received(stream: BinaryIO, most: float) -> tuple[bytes, bytes] | None:
    """Read the head, as it was sent, and the body of a frame: see `receive_at_most`."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head_length, body_length = _LENGTHS.unpack(lengths)
    if max(head_length, body_length) > most:
        raise FrameError(f"a frame of {max(head_length, body_length):,} bytes: at most {most:,}")
    head, body = stream.read(head_length), stream.read(body_length)
    if len(head) + len(body) < head_length + body_length:
        return None
    return head, body
