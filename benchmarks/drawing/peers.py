"""Bars that compare codelode with other programs, one panel per quantity."""

from __future__ import annotations

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.drawing.ink import BLUE, GREY
from benchmarks.record.measurement import Measurement, Record

PANELS = (
    ("index/wall", "Index, seconds"),
    ("index/cpu", "Index, CPU seconds"),
    ("index/peak pss", "Index, peak memory, MB"),
    ("index/disk", "On disk, MB"),
    ("warm search/p50", "Warm query, p50, ms"),
    ("warm search/p95", "Warm query, p95, ms"),
)
PROGRAMS = ("semble", "codelode")


def peers(record: Record) -> Figure | None:
    """Draw the measurements on the largest tree of a comparison; return None if any is missing."""
    if not record.corpora:
        return None
    corpus = max(record.corpora, key=lambda one: one.files)
    rows = record.by_name()
    figure, grid = pyplot.subplots(3, 2, figsize=(7.6, 4.8), constrained_layout=True)
    for axes, (what, title) in zip(grid.flat, PANELS, strict=True):
        measured = [rows.get(f"{corpus.name}/{program}/{what}") for program in PROGRAMS]
        if any(row is None for row in measured):
            return None
        _panel(axes, [row for row in measured if row is not None], title)
    figure.suptitle(
        f"{corpus.name}: {corpus.files:,} files, {corpus.bytes / 1e6:.0f} MB; same run, same files",
        x=0.01,
        ha="left",
        fontsize=11,
    )
    return figure


def _panel(axes: Axes, rows: list[Measurement], title: str) -> None:
    theirs, ours = (row.value for row in rows)
    axes.barh([1, 0], [theirs, ours], color=[GREY, BLUE], height=0.6)
    axes.set_yticks([1, 0], PROGRAMS)
    axes.tick_params(left=False, bottom=False, labelbottom=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.grid(visible=False)
    axes.set_xlim(0, max(theirs, ours) * 1.45)
    axes.set_title(title, fontsize=9, pad=4)
    times = f"  ({theirs / ours:.1f} × less)" if ours and theirs >= ours else ""
    for y, value, extra in ((1, theirs, ""), (0, ours, times)):
        axes.annotate(
            f"{value:,.3g}{extra}" if value < 1000 else f"{value:,.0f}{extra}",
            (value, y),
            (5, 0),
            textcoords="offset points",
            va="center",
        )
