"""Frames: the messages that processes exchange over pipes and sockets.

A frame holds the length of a JSON head, the length of a body of bytes, the head and the body. In
contrast to `multiprocessing`, nothing is pickled, no process with threads is forked, and a script
that uses codelode needs no `__main__` guard.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

PIPE_BYTES = 1 << 16
"""How much a pipe holds, on Linux."""

_LENGTHS = struct.Struct("<IQ")  # the lengths of head and body

Frame = tuple[Any, bytes]
"""A head, which is a JSON value, and a body."""


class FrameError(ValueError):
    """The error for a frame that no sound peer would send."""


def send(stream: BinaryIO, head: object, body: bytes = b"") -> None:
    """Write one frame. Raises `TypeError`, before writing, for a head that JSON cannot express."""
    if len(body) < PIPE_BYTES:  # written in one piece, so that its reader wakes up once
        stream.write(encode(head, body))
    else:
        encoded = json.dumps(head).encode()
        for piece in (_LENGTHS.pack(len(encoded), len(body)), encoded, body):
            stream.write(piece)
    stream.flush()


def encode(head: object, body: bytes = b"") -> bytes:
    """Return the bytes of one frame. Raises `TypeError` for a head that JSON cannot express."""
    encoded = json.dumps(head).encode()
    return b"".join((_LENGTHS.pack(len(encoded), len(body)), encoded, body))


def receive(stream: BinaryIO) -> Frame | None:
    """Read one frame; return None at the end of the stream, even within a frame."""
    parts = _read(stream)
    return None if parts is None else (json.loads(parts[0]), parts[1])


def receive_at_most(stream: BinaryIO, most: int) -> Frame | None:
    """Read one frame of a peer that may be hostile: head and body have at most `most` bytes each.

    Returns None at the end of the stream, even within a frame. Raises `FrameError`.
    """
    parts = _read(stream, most)
    try:
        return None if parts is None else (json.loads(parts[0]), parts[1])
    except (ValueError, RecursionError) as error:
        raise FrameError(f"the head of a frame is no JSON: {error}") from None


def _read(stream: BinaryIO, most: int | None = None) -> tuple[bytes, bytes] | None:
    """Read the head and the body of a frame; None at the end of the stream. Raises `FrameError`."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head_length, body_length = _LENGTHS.unpack(lengths)
    if most is not None and max(head_length, body_length) > most:
        raise FrameError(f"a frame of {max(head_length, body_length):,} bytes: at most {most:,}")
    head, body = stream.read(head_length), stream.read(body_length)
    if len(head) + len(body) < head_length + body_length:
        return None
    return head, body
