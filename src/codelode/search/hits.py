"""The last round of a search: the hits of a shard, with their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.search.candidates import split_keys
from codelode.search.gathered import FEATURES
from codelode.search.staleness import is_stale
from codelode.types import Hit

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.search.rank import Ranked
    from codelode.search.shard import Shard


def texts(shard: Shard, ranked: Ranked, root: Path | None = None) -> list[Hit]:
    """Return the hits that chunks of this shard make, in the order given.

    Files below `root` are looked at to mark stale hits; without a root, none is marked. The caller
    holds the snapshot.
    """
    numbers, ordinals = (part.tolist() for part in split_keys(ranked.keys))
    hits = []
    for row, (number, ordinal) in enumerate(zip(numbers, ordinals, strict=True)):
        live = shard.snapshot.segments[number]
        segment = live.segment
        chunk = segment.chunks[ordinal]
        file, start, length = int(chunk["file"]), int(chunk["start"]), int(chunk["length"])
        path, first_line = segment.path(file), int(chunk["start_line"])
        symbol = segment.symbol(ordinal)
        hits.append(
            Hit(
                path=path,
                start_line=first_line,
                end_line=first_line + int(chunk["more_lines"]),
                score=round(float(ranked.scores[row]), 6),
                text=segment.text(file, start, start + length).decode("utf-8", "replace"),
                language=segment.language(file),
                symbol=symbol[0] if symbol else None,
                kind=symbol[1] if symbol else None,
                stale=root is not None and is_stale(root, path, live, file),
                features=_explanation(ranked, row),
            )
        )
    return hits


def _explanation(ranked: Ranked, row: int) -> dict[str, float] | None:
    """Return the features of a hit by name, if the request asks for them."""
    if ranked.features is None:
        return None
    return dict(zip(FEATURES, ranked.features[row].tolist(), strict=True))
