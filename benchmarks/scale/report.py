"""The scale card as a table: one column per tree, with the targets beside it."""

from __future__ import annotations

from benchmarks.record.measurement import Record, shown

ROWS = (
    # Columns: label, name of the measurement, whether to show the ratio to its baseline.
    ("files", "files", False),
    ("source, MB", "source", False),
    ("chunks", "chunks", False),
    ("index, s", "index/wall", False),
    ("... times the floor, wall", "index/wall", True),
    ("... times the floor, CPU", "index/cpu", True),
    ("... ms per file", "index/per file", False),
    ("... MB/s", "index/speed", False),
    ("... cores busy, share", "index/cores busy", False),
    ("... peak memory (PSS), MB", "index/peak pss", False),
    ("... peak memory (RSS), MB", "index/peak rss", False),
    ("on disk, share of the source", "index/disk share", False),
    ("update, nothing changed, s", "update/nothing changed", False),
    ("cold search, s", "cold search/wall", False),
    ("cold search, RSS, MB", "cold search/rss", False),
    ("warm search, p50, ms", "warm search/p50", False),
    ("warm search, p95, ms", "warm search/p95", False),
    ("recall@10", "recall@10", False),
    ("warm search, private memory, MB", "warm search/private", False),
    ("... of which anonymous, MB", "warm search/anonymous", False),
)


def markdown(record: Record) -> str:
    """Return the scale card of a record of `benchmarks.scale.card`, as a Markdown table."""
    names = [
        row.name.removesuffix("/chunks")
        for row in record.measurements
        if row.name.endswith("/chunks")
    ]
    lines = ["| | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    measured = record.by_name()
    for label, what, ratio in ROWS:
        cells = []
        for name in names:
            row = measured.get(f"{name}/{what}")
            if row is None:
                cells.append("-")
            elif ratio and row.baseline is not None:
                cells.append(f"{row.value / measured[row.baseline].value:.2f}")
            else:
                cells.append(shown(row.value))
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
