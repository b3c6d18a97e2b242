"""Lookups on a cluster: questions about names and places, put to all searchers together."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from codelode.cluster import lookup_messages as messages
from codelode.cluster.search import frame_of
from codelode.search.related import nearest
from codelode.search.symbols import Stage, SymbolPart, find_symbols

if TYPE_CHECKING:
    from collections.abc import Callable

    from codelode.cluster.search import ClusterSearch
    from codelode.search.symbol_query import SymbolRequest
    from codelode.system.framing import Frame
    from codelode.types import Hit, SymbolHit

T = TypeVar("T")


def symbols(search: ClusterSearch, request: SymbolRequest) -> list[SymbolHit]:
    """Return the same definitions as `find_symbols` on one machine. Raises the same errors."""

    def ask(stage: Stage) -> list[SymbolPart]:
        wanted = messages.pack_symbol_request(request, stage)
        return [
            reply.value
            for reply in search.round(
                "symbols",
                search.pieces,
                lambda pieces: frame_of("symbols", pieces, **wanted),
                lambda frame, _: messages.unpack_symbols(frame, stage),
            )
        ]

    return find_symbols(ask, request)


def outline(search: ClusterSearch, path: str) -> list[SymbolHit] | None:
    """Return the definitions of a file; None if it is in none of the pieces."""
    return _first(search, "outline", messages.unpack_outline, path=path)


def text(search: ClusterSearch, path: str) -> bytes | None:
    """Return the text of a file; None if it is in none of the pieces."""
    return _first(search, "text", messages.unpack_text, path=path)


def related(
    search: ClusterSearch, home: ClusterSearch, path: str, line: int, limit: int
) -> list[Hit] | None:
    """Return the same hits as `search.related` on one machine; None if no piece has the file.

    `home` searches the pieces that the file may be in. Raises `UsageError` if there is no code at
    this line.
    """
    anchor = _first(
        home, "anchor", lambda frame: messages.unpack_anchor(frame, path), path=path, line=line
    )
    if anchor is None:
        return None
    wanted, body = messages.pack_near_request(anchor, limit)
    replies = search.round(
        "near",
        search.pieces,
        lambda pieces: (frame_of("near", pieces, **wanted)[0], body),
        messages.unpack_near,
    )
    if not replies:
        return []
    return search.texts(nearest([each.value for each in replies], anchor, limit), b"")


def _first(
    search: ClusterSearch, call: str, read: Callable[[Frame], T | None], **fields: object
) -> T | None:
    """Ask about all pieces; return the first value that `read` finds in a reply, or None."""
    replies = search.round(
        call,
        search.pieces,
        lambda pieces: frame_of(call, pieces, **fields),
        lambda frame, _: read(frame),
    )
    return next((each.value for each in replies if each.value is not None), None)
