"""Import the results of `benchmarks.scale.queries` into a scale card.

`benchmarks.scale.queries` makes synthetic indexes of millions of chunks, and measures recall.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.record.measurement import Better
from benchmarks.record.session import Session

# Columns: section and key in the JSON of `queries`; name in the card, unit, factor, and whether a
# lower or a higher value is better.
TAKEN: tuple[tuple[str, str, str, str, float, Better], ...] = (
    ("hybrid", "p50_ms", "warm search/p50", "ms", 1, "lower"),
    ("hybrid", "p95_ms", "warm search/p95", "ms", 1, "lower"),
    ("hybrid", "cpu_ms", "warm search/cpu per query", "ms", 1, "lower"),
    ("memory", "private_mb", "warm search/anonymous", "MB", 1, "lower"),
    ("cold", "wall_ms", "cold search/wall", "s", 1e-3, "lower"),
    ("cold", "peak_resident_mb", "cold search/rss", "MB", 1, "lower"),
)


def take(session: Session, argument: str) -> str:
    """Add the results in `[NAME=]FILE` that the session does not have yet; return the name.

    Without NAME, the name is `synthetic-` followed by the number of chunks.
    """
    name, _, file = argument.rpartition("=")
    found: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
    name = name or f"synthetic-{found['chunks']}"
    there = {row.name for row in session.measurements}
    rows: list[tuple[str, str, float, Better]] = [("chunks", "chunks", found["chunks"], "neither")]
    for section, key, what, unit, factor, better in TAKEN:
        if key in found.get(section, {}):
            rows.append((what, unit, found[section][key] * factor, better))
    if "recall@10" in found:
        rows.append(("recall@10", "share", found["recall@10"], "higher"))
    for what, unit, value, better in rows:
        if f"{name}/{what}" not in there:
            session.add(f"{name}/{what}", unit, value, better)
    return name
