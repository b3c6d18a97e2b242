"""Cursors: which entries an agent has seen, so that the next page repeats none.

A cursor is base64: two bytes that identify the request, then three bytes for each entry shown. It
holds no state of the server, so it stays valid when the index changes or the server restarts.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

import xxhash

from codelode.errors import UsageError

MAX_SEEN = 90
"""The most hits that all pages of a request have together."""

_REQUEST_BYTES = 2
_ENTRY_BYTES = 3


def make(request: str, seen: Iterable[bytes]) -> str:
    """Return the cursor of a request after entries were shown; `seen` holds their digests."""
    data = _digest(request, _REQUEST_BYTES) + b"".join(seen)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def read(request: str, cursor: str) -> list[bytes]:
    """Return the digests of the entries shown; an empty cursor has none.

    Raises `UsageError` if the text is not a cursor, or the cursor belongs to another request.
    """
    if not cursor:
        return []
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise UsageError("not a cursor: leave it out for the first page") from None
    request_part, entries = data[:_REQUEST_BYTES], data[_REQUEST_BYTES:]
    if len(entries) % _ENTRY_BYTES or len(entries) > MAX_SEEN * _ENTRY_BYTES:
        raise UsageError("not a cursor: leave it out for the first page")
    if request_part != _digest(request, _REQUEST_BYTES):
        raise UsageError("the cursor belongs to another query: repeat the query, or leave it out")
    return [entries[i : i + _ENTRY_BYTES] for i in range(0, len(entries), _ENTRY_BYTES)]


def digest(key: str) -> bytes:
    """Return the digest of an entry's key."""
    return _digest(key, _ENTRY_BYTES)


def _digest(text: str, length: int) -> bytes:
    return xxhash.xxh3_64_digest(text.encode("utf-8", "surrogatepass"))[:length]
