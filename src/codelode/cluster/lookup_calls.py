"""Lookups, answered from the pieces that a searcher holds; they run inside `Snapshot.held`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codelode.cluster import lookup_messages as messages
from codelode.search.one_file import file_outline, file_text
from codelode.search.related import anchor_at, near_in
from codelode.search.symbol_finder import symbols_in
from codelode.search.tree_part import WHOLE
from codelode.system.framing import Frame, FrameError

if TYPE_CHECKING:
    from codelode.cluster.holdings import HeldShard

Lookup = Callable[["HeldShard", dict[str, Any], bytes], Frame]
"""Answers a call, given its head and its body. Raises `FrameError`, `KeyError`, `UsageError`."""


def _symbols(held: HeldShard, head: dict[str, Any], _: bytes) -> Frame:
    return messages.pack_symbols(
        symbols_in(held.shard, None, *messages.unpack_symbol_request(head))
    )


def _outline(held: HeldShard, head: dict[str, Any], _: bytes) -> Frame:
    return messages.pack_outline(file_outline(held.shard, None, _path(head)))


def _text(held: HeldShard, head: dict[str, Any], _: bytes) -> Frame:
    return messages.pack_text(file_text(held.shard, _path(head)))


def _anchor(held: HeldShard, head: dict[str, Any], _: bytes) -> Frame:
    line = head["line"]
    if type(line) is not int:
        raise FrameError("a line that is no number")
    return messages.pack_anchor(anchor_at(held.shard, _path(head), line))


def _near(held: HeldShard, head: dict[str, Any], body: bytes) -> Frame:
    anchor, limit = messages.unpack_near_request(head, body)
    if len(anchor.vector) != held.shard.segment(0).dimensions:
        raise FrameError("a vector of another model")
    near = near_in(held.shard, anchor, limit, WHOLE)
    keys, files = held.renumbered(near.keys), held.renumbered(near.files)
    return messages.pack_near(replace(near, keys=keys, files=files))


def _path(head: dict[str, Any]) -> str:
    path = head["path"]
    if not isinstance(path, str):
        raise FrameError("a path that is no text")
    return path


LOOKUPS: dict[str, Lookup] = {
    "symbols": _symbols,
    "outline": _outline,
    "text": _text,
    "anchor": _anchor,
    "near": _near,
}
