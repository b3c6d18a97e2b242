"""Ask the watcher of an index, in another process, how the index compares with its tree.

The watcher has seen every change. So a search in this process need not walk the tree, and twenty
servers of one tree do not walk it twenty times. The client sends nothing: to connect is to ask.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from codelode.system.private_socket import connect
from codelode.types import Freshness

if TYPE_CHECKING:
    from pathlib import Path

SOCKET = "fresh.socket"
ACCEPTED = b"A"
_END = b"\n"
SECONDS_TO_ACCEPT = 0.1


def ask(directory: Path, deadline: float) -> Freshness | None:
    """Return the freshness of the newest commit of the index in a folder.

    The freshness accounts for every change made before the call. Returns None if no watcher
    answers by the deadline (a time by `time.monotonic`), or if the watcher runs another
    installation or version of codelode.
    """
    folder = os.fspath(directory)
    if not os.path.exists(f"{folder}/{SOCKET}"):  # noqa: PTH110 (a cold search has no time)
        return None
    try:
        return unpack(_answer(folder, deadline))
    except (OSError, ValueError, LookupError, TypeError):  # the watcher ended, hangs, or is busy
        return None


def _answer(folder: str, deadline: float) -> bytes:
    """Return what the watcher sends; empty if it does not accept the client. Raises `OSError`."""
    seconds = min(SECONDS_TO_ACCEPT, max(deadline - time.monotonic(), 0.001))
    connection = connect(folder, SOCKET, seconds)
    try:
        if connection.recv(1) != ACCEPTED:
            return b""
        data = b""
        while True:
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
            more = connection.recv(1 << 16)
            data += more
            if not more or more.endswith(_END):  # a fork of the watcher may keep the socket open
                return data
    finally:
        connection.close()


def pack(freshness: Freshness) -> bytes:
    """Return a freshness as the bytes that the watcher sends."""
    values = {name: getattr(freshness, name) for name in Freshness.__slots__}
    return json.dumps({"program": _program(), "freshness": values}).encode() + _END


def unpack(data: bytes) -> Freshness | None:
    """Return a packed freshness; None if another program packed it.

    Raises `ValueError`, `LookupError` or `TypeError` if the data are malformed.
    """
    said: dict[str, Any] = json.loads(data)
    return Freshness(**said["freshness"]) if said["program"] == _program() else None


def _program() -> list[str]:
    """Return the version and the folder of codelode: other versions may count files differently."""
    # No import: the package is in a higher layer.
    package = sys.modules[__name__.partition(".")[0]]
    return [package.__version__, os.path.dirname(__file__)]  # noqa: PTH120
