"""Plots of the latency during other work, and of searches per second."""

from __future__ import annotations

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.drawing.ink import BLUE, GREY, ORANGE, RED, Lines, target
from benchmarks.record.measurement import Measurement, Record

SCENES = (
    ("idle", "idle"),
    ("cores busy with counting", "cores busy\n(control)"),
    ("while another process indexes", "another process\nindexes"),
    ("while this process indexes", "this process\nindexes"),
)
LATENCY_TARGET = 3.0  # as a multiple of the idle latency
RATE_TARGET = 1.8  # the rate of 8 threads, as a multiple of the rate of one thread


def concurrency(record: Record) -> Figure | None:
    """Draw latencies and rates for a record's first tree; return None if the record lacks them."""
    if not record.corpora:
        return None
    name, rows = record.corpora[0].name, record.by_name()
    if f"{name}/idle/p95" not in rows or f"{name}/threads/1/rate" not in rows:
        return None
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), constrained_layout=True)
    _latencies(left, name, rows)
    _rates(right, name, rows)
    return figure


def _latencies(axes: Axes, name: str, rows: dict[str, Measurement]) -> None:
    scenes = [(label, rows.get(f"{name}/{scene}/p95")) for scene, label in SCENES]
    there = [(label, row.value) for label, row in scenes if row is not None]
    places = list(range(len(there)))[::-1]
    colors = [GREY, GREY, BLUE, BLUE][: len(there)]
    axes.barh(places, [value for _, value in there], color=colors, height=0.6)
    axes.set_yticks(places, [label for label, _ in there], fontsize=9)
    for place, (_, value) in zip(places, there, strict=True):
        axes.annotate(
            f"{value:.1f}", (value, place), (5, 0), textcoords="offset points", va="center"
        )
    most = LATENCY_TARGET * there[0][1]
    axes.axvline(most, color=RED, linewidth=1.4)
    axes.annotate(
        "3 × idle",
        (most, places[0] + 0.42),
        (4, 0),
        textcoords="offset points",
        color=RED,
        fontsize=8,
    )
    axes.set_xlim(0, 1.2 * max(most, *(value for _, value in there)))
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("milliseconds")
    axes.set_title("Search latency, p95")


def _rates(axes: Axes, name: str, rows: dict[str, Measurement]) -> None:
    lines = Lines(axes)
    for what, color in (("threads", BLUE), ("processes", ORANGE)):
        found = [(count, rows.get(f"{name}/{what}/{count}/rate")) for count in (1, 2, 4, 8)]
        points = [(float(count), row.value) for count, row in found if row is not None]
        lines.add(points, what, color)
    one = rows[f"{name}/threads/1/rate"].value
    target(axes, 8, RATE_TARGET * one, "8 threads ≥ 1.8 × one")
    axes.set_xscale("log", base=2)
    axes.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axes.set_xlim(0.9, 12)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("concurrent searchers")
    axes.set_title("Queries per second")
    lines.label()
