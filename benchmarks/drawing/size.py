"""Plots of time, latency and memory against the size of a tree."""

from __future__ import annotations

from matplotlib import pyplot
from matplotlib.figure import Figure

from benchmarks.drawing.ink import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Lines,
    Points,
    logarithmic,
    sizes,
    target,
)
from benchmarks.record.measurement import Record

FLOOR_TARGET = 2.0  # time of indexing, as a multiple of the time to read and parse
MEMORY_TARGETS = ((10_000, 350), (78_000, 500))  # (files, MB)
P50_TARGETS = ((100_000, 5), (1_000_000, 25))  # (chunks, ms)
P95_TARGETS = ((100_000, 10), (1_000_000, 50), (10_000_000, 250))


def points(record: Record, size: str, what: str) -> Points:
    """Return (size, value) points of a measurement, one for each tree that has both."""
    rows = record.by_name()
    found: Points = []
    for name, row in rows.items():
        label, _, end = name.rpartition(f"/{what}")
        of = rows.get(f"{label}/{size}")
        if label and not end and of is not None:
            found.append((of.value, row.value))
    return sorted(found)


def time(record: Record) -> Figure | None:
    """Draw the time of indexing, its floor (read, parse) and twice that, by number of files."""
    index, floor = points(record, "files", "index/wall"), points(record, "files", "floor/wall")
    if not index or not floor:
        return None
    figure, axes = pyplot.subplots(figsize=(6.4, 4))
    lines = Lines(axes)
    twice = [(x, FLOOR_TARGET * y) for x, y in floor]
    lines.add(twice, "target: 2 × floor", GREY, "--")
    lines.add(floor, "floor: read and parse", GREY)
    lines.add(index, "lode index", BLUE)
    sizes(axes, [x for x, _ in index], "files")
    logarithmic(axes)
    axes.set_ylabel("seconds")
    axes.set_title(f"Indexing time, {record.machine['cores']} cores")
    lines.label()
    return figure


def latency(record: Record) -> Figure | None:
    """Draw the latency of warm and cold searches by number of chunks, with the targets."""
    p50, p95 = (points(record, "chunks", f"warm search/{which}") for which in ("p50", "p95"))
    if not p50 or not p95:
        return None
    cold = [(x, 1000 * y) for x, y in points(record, "chunks", "cold search/wall")]
    figure, axes = pyplot.subplots(figsize=(6.4, 4))
    lines = Lines(axes)
    lines.add(p50, "warm, p50", BLUE)
    lines.add(p95, "warm, p95", ORANGE)
    lines.add(cold, "cold process", GREEN)
    xs = [x for x, _ in (*p50, *p95)]
    top = max(xs) * 1.4
    for targets, label in ((P50_TARGETS, "p50 ≤ {} ms"), (P95_TARGETS, "p95 ≤ {} ms")):
        for chunks, most in targets:
            if min(xs) / 1.4 <= chunks <= max(top, 140_000):
                target(axes, chunks, most, label.format(most))
                xs.append(chunks)
    sizes(axes, xs, "chunks")
    logarithmic(axes)
    axes.set_ylabel("milliseconds")
    axes.set_title("Search latency, hybrid")
    lines.label()
    return figure


def memory(record: Record) -> Figure | None:
    """Draw the peak memory of indexing and the memory of searching, by number of files."""
    files = {corpus.name: corpus.files for corpus in record.corpora}
    rows = record.by_name()

    def of(what: str) -> Points:
        names = [name for name in files if f"{name}/{what}" in rows]
        return [(files[name], rows[f"{name}/{what}"].value) for name in names]

    if not of("index/peak pss"):
        return None
    figure, axes = pyplot.subplots(figsize=(6.4, 4))
    lines = Lines(axes)
    lines.add(of("index/peak rss"), "indexing, RSS", GREY)
    lines.add(of("index/peak pss"), "indexing, PSS", BLUE)
    lines.add(of("search/pss after all"), "searching, PSS", ORANGE)
    lines.add(of("search/anonymous after all"), "searching, anonymous", GREEN)
    xs = [float(size) for size in files.values()]
    for size, most in MEMORY_TARGETS:
        if size <= max(xs) * 1.4:
            target(axes, size, most, f"≤ {most} MB")
    sizes(axes, xs, "files")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("MB, all processes together, peak")
    axes.set_title("Memory against size")
    lines.label()
    return figure
