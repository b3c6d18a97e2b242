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

_FRAME = struct.Struct("<IQ")  # lengths of head and body


def send(stream: BinaryIO, head: object, body: bytes = b"") -> None:
    """Write one frame. Nothing is written of a head that JSON cannot say (`TypeError`)."""
    encoded = json.dumps(head).encode()
    stream.write(_FRAME.pack(len(encoded), len(body)))
    stream.write(encoded)
    stream.write(body)
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


def start(module: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a worker: `module`, run as a program. Raises `OSError`."""
    return subprocess.Popen(
        # -P: a numpy.py in the folder that we are in, often the tree itself, must not be run.
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
        process_group=0,  # Ctrl-C is for the parent, which ends the workers
    )


def streams() -> tuple[BinaryIO, BinaryIO]:
    """In a worker: where frames come from, and where they go."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not end up in a frame
    return source, sink
