"""How we talk to our worker processes: frames over their standard input and output.

A frame is the lengths of a JSON head and of a body of bytes, then both. So nothing is pickled, no
thread is forked, and a script that uses us needs no `__main__` guard. When the parent dies, the
child reads the end of its input.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from typing import Any, BinaryIO

_PIPE_BYTES = 1 << 16  # what a pipe holds, on Linux

_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # idle threads wait by spinning; no sum is large enough for two
    # Arrays of up to some megabytes come and go with every batch and every query. The C library
    # (glibc) would give their pages back to the system, and have them cleared again for the next.
    "MALLOC_MMAP_THRESHOLD_": str(8 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 20),
}

_FRAME = struct.Struct("<IQ")  # lengths of head and body


def send(stream: BinaryIO, head: object, body: bytes = b"") -> None:
    """Write one frame. Nothing is written of a head that JSON cannot say (`TypeError`)."""
    encoded = json.dumps(head).encode()
    parts = _FRAME.pack(len(encoded), len(body)), encoded, body
    # In one piece, unless that is large: who waits for it should be woken once.
    for piece in (b"".join(parts),) if len(body) < _PIPE_BYTES else parts:
        stream.write(piece)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[Any, bytes] | None:
    """Read one frame; None at the end of the stream, even if that is within a frame."""
    lengths = stream.read(_FRAME.size)
    if len(lengths) < _FRAME.size:
        return None
    head_length, body_length = _FRAME.unpack(lengths)
    head, body = stream.read(head_length), stream.read(body_length)
    if len(head) + len(body) < head_length + body_length:
        return None
    return json.loads(head), body


def start(module: str) -> subprocess.Popen[bytes]:
    """Start a worker: `module`, run as a program. Raises `OSError`."""
    return subprocess.Popen(
        # -P: a numpy.py in the folder that we are in, often the tree itself, must not be run.
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=_PIPE_BYTES,
        env={**os.environ, **_ENVIRONMENT},
        process_group=0,  # Ctrl-C is for the parent, which ends the workers
    )


def streams() -> tuple[BinaryIO, BinaryIO]:
    """In a worker: where frames come from, and where they go."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not end up in a frame
    return source, sink
