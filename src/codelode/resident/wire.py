"""The messages between client and server. Imports next to nothing."""

from __future__ import annotations

SOCKET = "watch.socket"
ACCEPTED = b"A"
READY = b"R"
"""Sent when the index is up to date, before the process that answers is forked."""
BEGUN = b"B"
"""Sent before the first output, or before the exit code if there is none."""
SECONDS_TO_ACCEPT = 0.1
SECONDS_TO_BE_READY = 1.0
SECONDS_TO_ANSWER = 10.0
MAX_REQUEST_BYTES = 1 << 24


def pack(program: list[bytes], arguments: list[bytes], environment: dict[bytes, bytes]) -> bytes:
    """Return a request: its size, then three lists of strings without NUL characters.

    `program` is the version and the place of the code, and the current folder.
    """
    variables = [name + b"=" + value for name, value in environment.items()]
    body = b"\0\0".join(
        b"\0".join(b"." + item for item in items) for items in (program, arguments, variables)
    )
    return len(body).to_bytes(4, "little") + body


def unpack(body: bytes) -> tuple[list[bytes], list[bytes], dict[bytes, bytes]]:
    """Return the arguments of `pack` from a request without its size. Raises `ValueError`."""
    program, arguments, variables = (
        [item[1:] for item in items.split(b"\0")] for items in body.split(b"\0\0")
    )
    environment = dict(each.split(b"=", 1) for each in variables if b"=" in each)
    return program, arguments, environment
