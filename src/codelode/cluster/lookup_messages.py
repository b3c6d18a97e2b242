"""The messages of lookups between a front and its searchers: names and places.

| call      | asks for                                                                     |
|-----------|------------------------------------------------------------------------------|
| `symbols` | the definitions of one stage: see `search.symbols`                           |
| `outline` | the definitions of a file                                                    |
| `text`    | the text of a file                                                           |
| `anchor`  | the vector of the code at a line of a file                                   |
| `near`    | the chunks nearest to a vector                                               |

As for the calls in `messages`, a reply lists as `missing` the pieces that it does not cover.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codelode.cluster.arrays import Description, field_of, pack_arrays, unpack_arrays
from codelode.errors import UsageError
from codelode.search.candidates import split_keys
from codelode.search.related import Anchor, Near
from codelode.search.symbol_hits import OrderedHit
from codelode.search.symbol_query import MATCHES, SymbolRequest
from codelode.search.symbols import STAGES, Stage, SymbolPart
from codelode.system.framing import Frame, FrameError
from codelode.types import SymbolHit

_VECTOR: Description = {"vector": ("<f4", (None,))}
_NEAR: Description = {
    "keys": ("<i8", (None,)),
    "files": ("<i8", (None,)),
    "paths": ("<u8", (None,)),
    "starts": ("<u4", (None,)),
    "scanned": ("<f4", (None,)),
    "cosines": ("<f4", (None,)),
    "own": ("|b1", (None,)),
}
_WHERE = (bool, bool, str, int)
_ORDERS: dict[Stage, tuple[type, ...]] = {
    "listed": (str, int),
    "named": (int, int, *_WHERE),
    "beginning": (str, str, *_WHERE),
    "misspelled": (float, str, *_WHERE),
}
"""The types of the order of a hit in each stage: hits of different searchers are compared."""

_FIELDS = tuple(SymbolHit.__dataclass_fields__)
_TEXTS = ("path", "name", "symbol", "kind")
_LINES = ("line", "start_line", "end_line")
_MOST_LINE = 1 << 31


def pack_symbol_request(request: SymbolRequest, stage: Stage) -> dict[str, Any]:
    """Return the fields of a `symbols` call that hold the request and the stage."""
    fields = [getattr(request, name) for name in SymbolRequest.__dataclass_fields__]
    return {"request": fields, "stage": stage}


def unpack_symbol_request(head: dict[str, Any]) -> tuple[SymbolRequest, Stage]:
    """Return the request and the stage of a `symbols` call. Raises `FrameError`."""
    for stage in STAGES:
        if head["stage"] == stage:
            try:
                return SymbolRequest(*head["request"]), stage
            except (TypeError, UsageError) as error:
                raise FrameError(f"no request: {error}") from None
    raise FrameError("a stage that there is not")


def pack_symbols(part: SymbolPart) -> Frame:
    """Return the reply to a `symbols` call."""
    found = [[order, _packed(hit)] for order, hit in part.found]
    return {"found": found, "kinds": sorted(part.kinds)}, b""


def unpack_symbols(frame: Frame, stage: Stage) -> SymbolPart:
    """Return the definitions and the kinds in a reply. Raises `FrameError`."""
    head = frame[0]
    kinds = field_of(head, "kinds")
    try:
        found = [OrderedHit(_order(order, stage), _unpacked(hit)) for order, hit in head["found"]]
        return SymbolPart(found, frozenset(map(_text, kinds)))
    except (TypeError, ValueError, KeyError) as error:
        raise FrameError(f"no definitions: {error}") from None


def pack_outline(hits: Sequence[SymbolHit] | None) -> Frame:
    """Return the reply to an `outline` call; `hits` is None if no piece has the file."""
    return {"outline": None if hits is None else [*map(_packed, hits)]}, b""


def unpack_outline(frame: Frame) -> list[SymbolHit] | None:
    """Return the definitions in a reply; None if no piece has the file. Raises `FrameError`."""
    packed = field_of(frame[0], "outline")
    try:
        return None if packed is None else [*map(_unpacked, packed)]
    except (TypeError, ValueError) as error:
        raise FrameError(f"no outline: {error}") from None


def pack_text(text: bytes | None) -> Frame:
    """Return the reply to a `text` call; the parameter `text` is None if no piece has the file."""
    return {"found": text is not None}, text or b""


def unpack_text(frame: Frame) -> bytes | None:
    """Return the text in a reply; None if no piece has the file. Raises `FrameError`."""
    return frame[1] if field_of(frame[0], "found") is True else None


def pack_anchor(anchor: Anchor | None) -> Frame:
    """Return the reply to an `anchor` call; `anchor` is None if no piece has the file."""
    vector = np.zeros(0, np.float32) if anchor is None else anchor.vector
    head, body = pack_arrays({"vector": vector}, _VECTOR)
    return {**head, "chunks": 0 if anchor is None else anchor.chunks}, body


def unpack_anchor(frame: Frame, path: str) -> Anchor | None:
    """Return the anchor in a frame, for the file `path`; None without one. Raises `FrameError`."""
    vector = unpack_arrays(frame, _VECTOR)["vector"]
    chunks = field_of(frame[0], "chunks")
    if type(chunks) is not int or not 0 <= chunks < _MOST_LINE:
        raise FrameError("a number of chunks that is none")
    if not np.isfinite(vector).all():
        raise FrameError("a vector that is none")
    return Anchor(path, vector, chunks) if len(vector) else None


def pack_near_request(anchor: Anchor, limit: int) -> Frame:
    """Return the part of a `near` call that holds the anchor and the limit."""
    head, body = pack_arrays({"vector": anchor.vector}, _VECTOR)
    return {**head, "path": anchor.path, "chunks": anchor.chunks, "limit": limit}, body


def unpack_near_request(head: dict[str, Any], body: bytes) -> tuple[Anchor, int]:
    """Return the anchor and the limit of a `near` call. Raises `FrameError`."""
    anchor, limit = unpack_anchor((head, body), _text(head["path"])), head["limit"]
    if anchor is None or type(limit) is not int or not 0 < limit < _MOST_LINE:
        raise FrameError("nothing to be near to")
    return anchor, limit


def pack_near(near: Near) -> Frame:
    """Return the reply to a `near` call."""
    return pack_arrays({name: getattr(near, name) for name in _NEAR}, _NEAR)


def unpack_near(frame: Frame, pieces: NDArray[np.bool_]) -> Near:
    """Return the chunks of a reply; all must lie in `pieces`. Raises `FrameError`."""
    arrays = unpack_arrays(frame, _NEAR)
    near = Near(**arrays)
    numbers, _ = split_keys(near.keys)
    if any(len(array) != len(near) for array in arrays.values()):
        raise FrameError("arrays of different lengths")
    if len(near) and not (numbers.min() >= 0 and numbers.max() < len(pieces)):
        raise FrameError("chunks of no piece")
    if not pieces[numbers].all() or (near.files >> 32 != numbers).any():
        raise FrameError("chunks of other pieces")
    if not np.isfinite(near.scanned).all() or not np.isfinite(near.cosines).all():
        raise FrameError("cosines that are no numbers")
    return near


def _packed(hit: SymbolHit) -> list[Any]:
    return [getattr(hit, name) for name in _FIELDS]


def _unpacked(packed: Any) -> SymbolHit:
    """Return the hit that was packed. Raises `ValueError`, `TypeError`."""
    fields: dict[str, Any] = dict(zip(_FIELDS, packed, strict=True))
    for name in _TEXTS:
        _text(fields[name])
    if fields["language"] is not None:
        _text(fields["language"])
    if not all(type(fields[name]) is int and 0 < fields[name] < _MOST_LINE for name in _LINES):
        raise ValueError("lines that there are not")
    if type(fields["depth"]) is not int or fields["match"] not in (None, *MATCHES):
        raise ValueError("a match or a depth that there is not")
    if not all(type(fields[name]) is bool for name in ("declaration", "stale")):
        raise ValueError("flags that are none")
    return SymbolHit(**fields)


def _order(packed: Any, stage: Stage) -> tuple[Any, ...]:
    """Return the `order` that was packed, as a tuple. Raises `ValueError`, `TypeError`."""
    wanted = _ORDERS[stage]
    if [type(value) for value in packed] != [*wanted]:
        raise ValueError("an order of another kind")
    return tuple(packed)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise FrameError("a text that is none")
    return value
