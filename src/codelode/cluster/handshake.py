"""The handshake: a searcher and a front authenticate each other before anything else.

Both know a token, which neither sends: each proves its knowledge by a keyed
hash of the other's random number. Nothing is encrypted after that, so the network between them must
be private.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import socket
from typing import BinaryIO, NamedTuple

from codelode import __version__
from codelode.errors import ClusterError
from codelode.segment.container import INDEX_FORMAT
from codelode.system.framing import FrameError, receive_at_most, send

PROTOCOL = f"codelode {__version__} {INDEX_FORMAT}"
"""Both ends must be the same version: they compute the same context from a request."""

SECONDS = 5.0
"""The time for each step of the handshake."""

MOST_SILENCE = 8.0
"""A connection is given up if nothing comes for this time: there is a ping every second."""

_MOST_BYTES = 4096
_MOST_NAME = 200


def prepare(connection: socket.socket) -> None:
    """Set up a connection: small frames are sent at once, and a peer's long silence is an error."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(MOST_SILENCE)


class Peer(NamedTuple):
    """A searcher: its name, and the node that it runs on.

    Searchers of one node fail together; an empty `node` means that it is unknown.
    """

    name: str
    node: str = ""


def greet(source: BinaryIO, sink: BinaryIO, token: str) -> Peer:
    """As the front, exchange proofs of the token with a searcher; return its name and node.

    Raises `FrameError` if the searcher has another token or breaks the protocol, and `OSError`.
    """
    mine = secrets.token_hex(16)
    send(sink, {"protocol": PROTOCOL, "nonce": mine})
    head = _receive(source)
    name, node, nonce = head.get("name"), head.get("node"), head.get("nonce")
    if not (isinstance(name, str) and isinstance(node, str) and isinstance(nonce, str)):
        raise FrameError("no greeting of a searcher")
    if not 0 < len(name) <= _MOST_NAME >= len(node):
        raise FrameError("a searcher with a name that is none")
    if not _is_proof(head.get("proof"), token, f"searcher {mine} {name}"):
        raise FrameError("a searcher with another token")
    send(sink, {"proof": _proof(token, f"front {nonce}")})
    return Peer(name, node)


def introduce(source: BinaryIO, sink: BinaryIO, token: str, peer: Peer) -> None:
    """Prove to a front that this searcher knows the token, and let the front prove the same.

    Raises `FrameError`, `OSError`, and `ClusterError` for a front of another version.
    """
    head = _receive(source)
    if head.get("protocol") != PROTOCOL:
        raise ClusterError(f"the front is {head.get('protocol')}, this searcher {PROTOCOL}")
    mine = secrets.token_hex(16)
    proof = _proof(token, f"searcher {head.get('nonce')} {peer.name}")
    send(sink, {"name": peer.name, "node": peer.node, "nonce": mine, "proof": proof})
    if not _is_proof(_receive(source).get("proof"), token, f"front {mine}"):
        raise FrameError("a front with another token")


def _receive(source: BinaryIO) -> dict[str, object]:
    frame = receive_at_most(source, _MOST_BYTES)
    if frame is None:
        raise FrameError("the connection ended within the handshake")
    if not isinstance(frame[0], dict):
        raise FrameError("no message of a handshake")
    return frame[0]


def _proof(token: str, text: str) -> str:
    return hmac.new(token.encode(), text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _is_proof(given: object, token: str, text: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(
        given.encode("utf-8", "replace"), _proof(token, text).encode()
    )
