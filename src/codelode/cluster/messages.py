"""The messages between a front and its searchers: the calls of a search, as frames with arrays.

The JSON head of a call has `id` and `call`; the head of the reply has the same `id`. Pieces are
named by their numbers in the view: the keys of candidates contain these numbers instead of segment
numbers.

| call     | asks for                                                                      |
|----------|-------------------------------------------------------------------------------|
| `ping`   | a sign of life                                                                |
| `open`   | the opening of pieces of a view; later calls name the view                    |
| `close`  | the closing of a view                                                         |
| `count`  | the number of live chunks with each term                                      |
| `gather` | the candidates of some pieces                                                 |
| `texts`  | the hits for some candidates                                                  |
| `cancel` | an early end of the call with this `id`; the `cancel` itself has no reply     |

`seconds` is the time that a front waits for a reply; a searcher begins no work after that.

A reply to `count`, `gather` or `texts` lists as `missing` the pieces that it does not cover. A
reply with `unknown` says that the view is not open. A call to `gather` with patterns may have
`masks` that the searcher lacks, and `tell`: the pieces whose masks the front wants (see `masks`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codelode.cluster.arrays import Description, field_of, pack_arrays, unpack_arrays
from codelode.errors import UsageError
from codelode.search.candidates import split_keys
from codelode.search.context import DEEPEST, QueryContext, Statistics
from codelode.search.gathered import FEATURES, PROPOSERS, Gathered
from codelode.search.parsed_query import parse_request
from codelode.search.rank import Ranked
from codelode.search.related import wordless_context
from codelode.serving.messages import pack_hits, pack_request, unpack_hits, unpack_request
from codelode.system.framing import Frame, FrameError
from codelode.types import Hit

_COUNTS: Description = {"counts": ("<i8", (None,))}
_RANKED: Description = {
    "keys": ("<i8", (None,)),
    "scores": ("<f4", (None,)),
    "features": ("<f4", (None, len(FEATURES))),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The part of a search that all searchers share, and from which they make a `QueryContext`.

    `counts` has the number of live chunks with each term in `ParsedQuery.counted`; `vector` is None
    if the dense leg does not run.
    """

    request: list[Any]
    chunks: int
    tokens: int
    counts: list[int]
    vector: NDArray[np.float32] | None
    depth: int

    @classmethod
    def of(cls, context: QueryContext, counted: NDArray[np.int64]) -> Asked:
        """Return the message for a context; `counted` are the counts of `ParsedQuery.counted`."""
        statistics = context.statistics
        return cls(
            pack_request(context.request),
            statistics.chunks,
            statistics.tokens,
            counted.tolist(),
            context.vector,
            context.depth,
        )

    def pack(self) -> bytes:
        """Return the message: a line of JSON, and the vector as little-endian values."""
        vector = self.vector
        dimensions = None if vector is None else len(vector)
        fields = self.request, self.chunks, self.tokens, self.counts, dimensions, self.depth
        values = b"" if vector is None else vector.astype("<f4").tobytes()
        return json.dumps(fields).encode() + b"\n" + values


def unpack_context(packed: bytes) -> QueryContext:
    """Unpack the context of a search; empty bytes stand for a search without words.

    Raises `FrameError`.
    """
    if not packed:
        return wordless_context()
    line, _, values = packed.partition(b"\n")
    try:
        fields, chunks, tokens, counts, dimensions, depth = json.loads(line)
        request = unpack_request(fields)
        query = parse_request(request)
        if not isinstance(counts, list) or len(counts) != len(query.counted):
            raise ValueError("statistics of other terms")
        if not all(type(number) is int and number >= 0 for number in (chunks, tokens, *counts)):
            raise ValueError("statistics that are no counts")
        query, kept = query.focused(np.array(counts, np.int64), chunks)
        if type(depth) is not int or not 1 <= depth <= DEEPEST:
            raise ValueError("a depth that there is not")
        vector = None if dimensions is None else np.frombuffer(values, "<f4")
        if vector is not None and (len(vector) != dimensions or not np.isfinite(vector).all()):
            raise ValueError("no vector")
        statistics = Statistics(chunks, tokens, kept, query.weights)
        return QueryContext(request, query, vector, statistics, depth)
    except (ValueError, TypeError, OverflowError, RecursionError, UsageError) as error:
        raise FrameError(f"no search: {error}") from None


def pack_pieces(pieces: NDArray[np.bool_]) -> list[Any]:
    """Pack the set of pieces that a call is about, bool[pieces], as JSON."""
    return [len(pieces), np.packbits(pieces).tobytes().hex()]


def unpack_pieces(packed: Any) -> NDArray[np.bool_]:
    """Return the pieces that `pack_pieces` packed, bool[pieces]. Raises `FrameError`."""
    try:
        count, bits = packed
        raw = np.frombuffer(bytes.fromhex(bits), np.uint8)
        if type(count) is not int or len(raw) != (count + 7) // 8:
            raise ValueError("another number of pieces")
        return np.unpackbits(raw, count=count).astype(bool)
    except (ValueError, TypeError) as error:
        raise FrameError(f"no set of pieces: {error}") from None


def pack_counts(counts: NDArray[np.int64]) -> Frame:
    """Return the reply to a `count` call."""
    return pack_arrays({"counts": counts}, _COUNTS)


def unpack_counts(frame: Frame, terms: int) -> NDArray[np.int64]:
    """Return the counts in the reply to a `count` call, int64[terms]. Raises `FrameError`."""
    counts = unpack_arrays(frame, _COUNTS)["counts"]
    if len(counts) != terms or (counts < 0).any():
        raise FrameError("counts of other terms")
    return counts


def _gathered(terms: int | None) -> Description:
    return {
        "keys": ("<i8", (None,)),
        "files": ("<i8", (None,)),
        "paths": ("<u8", (None,)),
        "starts": ("<u4", (None,)),
        "proposals": ("<f4", (None, len(PROPOSERS))),
        "covered": ("|b1", (None, terms)),
        "features": ("<f4", (None, len(FEATURES))),
    }


def pack_gathered(gathered: Gathered) -> Frame:
    """Return the reply to a `gather` call."""
    arrays = {name: getattr(gathered, name) for name in Gathered.__dataclass_fields__}
    return pack_arrays(arrays, _gathered(None))


def unpack_gathered(frame: Frame, terms: int, pieces: NDArray[np.bool_]) -> Gathered:
    """Return the candidates of a reply; all must lie in `pieces`. Raises `FrameError`."""
    arrays = unpack_arrays(frame, _gathered(terms))
    gathered = Gathered(**arrays)
    numbers, _ = split_keys(gathered.keys)
    if any(len(array) != len(gathered) for array in arrays.values()):
        raise FrameError("arrays of different lengths")
    if (np.diff(gathered.keys) <= 0).any() or (gathered.files >> 32 != numbers).any():
        raise FrameError("candidates in no order")
    if len(gathered) and not (numbers[0] >= 0 and numbers[-1] < len(pieces)):
        raise FrameError("candidates of no piece")
    if not pieces[numbers].all():
        raise FrameError("candidates of other pieces")
    if not np.isfinite(gathered.features).all() or np.isnan(gathered.proposals).any():
        raise FrameError("features that are no numbers")
    return gathered


def pack_ranked(ranked: Ranked) -> Frame:
    """Return the part of a `texts` call that names the chunks to read."""
    features = ranked.features
    if features is None:
        features = np.zeros((0, len(FEATURES)), np.float32)
    arrays: dict[str, NDArray[Any]] = {
        "keys": ranked.keys,
        "scores": ranked.scores,
        "features": features,
    }
    return pack_arrays(arrays, _RANKED)


def unpack_ranked(frame: Frame) -> Ranked:
    """Return the chunks that a `texts` call asks for. Raises `FrameError`."""
    arrays = unpack_arrays(frame, _RANKED)
    keys, scores, features = arrays["keys"], arrays["scores"], arrays["features"]
    if len(keys) != len(scores) or len(features) not in (0, len(keys)):
        raise FrameError("arrays of different lengths")
    explained = features if len(features) else None
    return Ranked(np.zeros(len(keys), np.int64), keys, scores, explained)


def pack_texts(hits: Sequence[Hit]) -> Frame:
    """Return the reply to a `texts` call."""
    packed, body = pack_hits(hits)
    return {"hits": packed}, body


def unpack_texts(frame: Frame, count: int) -> list[Hit]:
    """Return the `count` hits in the reply to a `texts` call. Raises `FrameError`."""
    try:
        hits = unpack_hits(field_of(frame[0], "hits"), frame[1])
    except (ValueError, TypeError, LookupError) as error:
        raise FrameError(f"no hits: {error}") from None
    if len(hits) != count or not all(map(_is_hit, hits)):
        raise FrameError("other hits than were asked for")
    return hits


def _is_hit(hit: Hit) -> bool:
    lines = hit.line, hit.start_line, hit.end_line, hit.column
    names = hit.language, hit.symbol, hit.kind
    return (
        isinstance(hit.path, str)
        and all(type(line) is int and line > 0 for line in lines)
        and isinstance(hit.score, float | int)
        and all(name is None or isinstance(name, str) for name in names)
        and isinstance(hit.features, dict | None)
    )


def missing_of(head: Any, pieces: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which of the requested pieces a reply does not cover, bool[pieces].

    Raises `FrameError`.
    """
    missing = np.zeros(len(pieces), bool)
    numbers = field_of(head, "missing")
    if not isinstance(numbers, list) or not all(
        type(number) is int and 0 <= number < len(pieces) for number in numbers
    ):
        raise FrameError("missing pieces that there are not")
    missing[numbers] = True
    return missing & pieces
