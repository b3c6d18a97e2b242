"""The last round of a search: the hits of a shard, with their texts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from codelode.search.candidates import split_keys
from codelode.search.file_query import line_asked
from codelode.search.gathered import FEATURES
from codelode.search.landing import Landing, Passage, land
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
    hits = []
    for row, (number, ordinal) in enumerate(zip(numbers, ordinals, strict=True)):
        live = shard.snapshot.segments[number]
        segment = live.segment
        chunk = segment.chunks[ordinal]
        file, start, length = int(chunk["file"]), int(chunk["start"]), int(chunk["length"])
        text = segment.text(file, start, start + length)
        starts = line_starts_of_short(text)
        path = shard.path(number, file)
        passage = Passage(file, path, int(chunk["start_line"]), text, starts)
        asked = line_asked(context.query.files, os.fsencode(path))
        asked = _matching_line(segment, ordinal, context.query.required) or asked
        landing = land(passage, segment.definitions, context, asked)
        disk = CURRENT if root is None else staleness(root, segment.path(file), live, file)
        hits.append(
            Hit(
                path=path,
                line=landing.line,
                start_line=landing.start_line,
                end_line=landing.end_line,
                score=round(float(ranked.scores[row]), 6),
                text=_lines(passage, landing).decode("utf-8", "replace"),
                language=segment.language(file),
                symbol=landing.symbol,
                kind=landing.kind,
                stale=disk.stale,
                features=_explanation(ranked, row),
                deleted=disk.deleted,
            )
        )
    return hits


def _matching_line(segment: Segment, ordinal: int, required: Sequence[Required]) -> int:
    """Return the line on which the first match of a chunk begins: 1-based, 0 for none."""
    if not required:
        return 0
    from codelode.search.verbatim import first_match

    chunk = segment.chunks[ordinal]
    file, start = int(chunk["file"]), int(chunk["start"])
    text = segment.text(file, 0, int(segment.files["text_bytes"][file]))
    begin = first_match(required[-1], text, start)
    if begin is None:
        return 0
    starts = line_starts(text[start : start + int(chunk["length"])])
    return int(chunk["start_line"]) + int(starts.searchsorted(begin - start, "right")) - 1


def _lines(passage: Passage, landing: Landing) -> bytes:
    """Return the text of the lines of a passage that the hit shows."""
    starts = passage.starts
    if not starts:
        return passage.text
    first = landing.start_line - passage.first_line
    stop = landing.end_line - passage.first_line + 1
    return passage.text[starts[first] : starts[stop] if stop < len(starts) else None]


def _explanation(ranked: Ranked, row: int) -> dict[str, float] | None:
    """Return the features of a hit by name, if the request asks for them."""
    if ranked.features is None:
        return None
    return dict(zip(FEATURES, ranked.features[row].tolist(), strict=True))
