"""The last round of a search: the hits of a shard, with their texts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from codelode.search.candidates import split_keys
from codelode.search.column import column_in, cut_off_before, line_begin
from codelode.search.file_query import line_asked
from codelode.search.gathered import FEATURES
from codelode.search.landing import Landing, land
from codelode.search.landing_query import LandingQuery
from codelode.search.passage import Passage
from codelode.search.staleness import CURRENT, staleness
from codelode.text.lines import line_starts, line_starts_of_short
from codelode.types import Hit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from codelode.search.context import QueryContext
    from codelode.search.rank import Ranked
    from codelode.search.shard import Shard
    from codelode.search.verbatim import Required
    from codelode.segment.reader import Segment


def texts(
    shard: Shard, ranked: Ranked, context: QueryContext, root: Path | None = None
) -> list[Hit]:
    """Return the hits for chunks of this shard, in the given order.

    Files below `root` are checked to mark stale hits; without a root, none is marked. The caller
    holds the snapshot.
    """
    numbers, ordinals = (part.tolist() for part in split_keys(ranked.keys))
    query, scores = LandingQuery(context), ranked.scores.tolist()
    found = zip(numbers, ordinals, shard.texts(numbers, ordinals), strict=True)
    hits = []
    for row, (number, ordinal, text) in enumerate(found):
        passage, landing, column = _landed(shard, number, ordinal, text, query)
        live, file, path = shard.snapshot.segments[number], passage.file, passage.path
        inside = path.removeprefix(shard.prefix(number))
        disk = CURRENT if root is None else staleness(root, inside, live, file)
        hits.append(
            Hit(
                path=path,
                line=landing.line,
                start_line=landing.start_line,
                end_line=landing.end_line,
                score=round(scores[row], 6),
                text=_lines(passage, landing).decode("utf-8", "replace"),
                language=live.segment.language(file),
                symbol=landing.symbol,
                kind=landing.kind,
                stale=disk.stale,
                features=_explanation(ranked, row),
                deleted=disk.deleted,
                column=column,
            )
        )
    return hits


def _landed(
    shard: Shard, number: int, ordinal: int, text: bytes, query: LandingQuery
) -> tuple[Passage, Landing, int]:
    """Return a chunk as a passage, the place in it that a hit points at, and its column."""
    segment, context = shard.segment(number), query.context
    file, _, _, first_line, *_ = segment.chunks[ordinal].item()
    path = shard.path(number, file)
    passage = Passage(file, path, first_line, text, line_starts_of_short(text))
    asked = line_asked(context.query.files, os.fsencode(path)) if context.query.files else 0
    match = _match(segment, ordinal, context.query.required)
    landing = land(passage, segment.definitions, query, match.line or asked)
    if landing.line == match.line:
        return passage, landing, match.column
    return passage, landing, _column(segment, ordinal, passage, landing, context)


class _Match(NamedTuple):
    """The place at which the first match of a chunk begins, 1-based; the column is in bytes."""

    line: int
    column: int


def _match(segment: Segment, ordinal: int, required: Sequence[Required]) -> _Match:
    """Return the place of the first match in a chunk; line 0 if there is none."""
    if not required:
        return _Match(line=0, column=0)
    from codelode.search.verbatim import first_match

    chunk = segment.chunks[ordinal]
    file, start = int(chunk["file"]), int(chunk["start"])
    text = segment.text(file, 0, int(segment.files["text_bytes"][file]))
    begin = first_match(required[-1], text, start)
    if begin is None:
        return _Match(line=0, column=0)
    starts = line_starts(text[start : start + int(chunk["length"])])
    line = int(chunk["start_line"]) + int(starts.searchsorted(begin - start, "right")) - 1
    return _Match(line, begin - line_begin(text, begin) + 1)


def _column(
    segment: Segment, ordinal: int, passage: Passage, landing: Landing, context: QueryContext
) -> int:
    """Return the column that a hit points at, in line `landing.line`."""
    row, starts = landing.line - passage.first_line, passage.starts
    begin = starts[row] if row < len(starts) else len(passage.text)
    stop = starts[row + 1] if row + 1 < len(starts) else len(passage.text)
    column = column_in(passage.text[begin:stop], landing.symbol, context.query.terms)
    return column if row else column + cut_off_before(segment, ordinal)


def _lines(passage: Passage, landing: Landing) -> bytes:
    """Return the text of the lines of a passage that the hit shows."""
    starts = passage.starts
    if not starts:
        return passage.text
    first = landing.start_line - passage.first_line
    stop = landing.end_line - passage.first_line + 1
    return passage.text[starts[first] : starts[stop] if stop < len(starts) else None]


def _explanation(ranked: Ranked, row: int) -> dict[str, float] | None:
    """Return the features of a hit by name; None unless the request asks for them."""
    if ranked.features is None:
        return None
    return dict(zip(FEATURES, ranked.features[row].tolist(), strict=True))
