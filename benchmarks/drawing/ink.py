"""Colors and marks that all plots share."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

BLUE, ORANGE, GREEN, GREY, RED = "#0b66c3", "#d97706", "#2f855a", "#9aa0a6", "#c53030"
Points = list[tuple[float, float]]


LABEL_POINTS = 13.0  # minimum vertical distance between labels
LABEL_WIDTH = 60.0  # labels farther apart than this cannot overlap


class Lines:
    """Lines labeled at their ends instead of in a legend."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self._ends: list[tuple[float, float, str, str]] = []

    def add(self, points: Points, label: str, color: str, dashes: str = "-") -> None:
        """Draw a line, unless there are no points."""
        if not points:
            return
        points = sorted(points)
        xs, ys = [x for x, _ in points], [y for _, y in points]
        self.axes.plot(xs, ys, dashes, color=color, marker="o", clip_on=False)
        self._ends.append((xs[-1], ys[-1], label, color))

    def label(self) -> None:
        """Write the labels without overlaps; call this after the axes have limits and scales."""
        scale = self.axes.figure.dpi / 72
        written: list[tuple[float, float]] = []
        transform = self.axes.transData.transform
        ends = [(*transform((x, y)) / scale, x, y, *rest) for x, y, *rest in self._ends]
        for left, height, x, y, label, color in sorted(ends, key=lambda end: end[1]):
            beside = [top for place, top in written if abs(place - left) < LABEL_WIDTH]
            lowest = max([height, *(top + LABEL_POINTS for top in beside)])
            written.append((left, lowest))
            self.axes.annotate(
                label,
                (x, y),
                (9, round(float(lowest - height), 2)),
                textcoords="offset points",
                color=color,
                va="center",
            )


def target(axes: Axes, x: float, y: float, label: str) -> None:
    """Draw a limit or goal at (x, y), with its label on the left."""
    axes.plot([x / 1.25, x * 1.25], [y, y], color=RED, linewidth=1.8, solid_capstyle="butt")
    axes.annotate(
        label,
        (x / 1.25, y),
        (-4, 0),
        textcoords="offset points",
        color=RED,
        fontsize=8,
        ha="right",
        va="center",
    )


def sizes(axes: Axes, xs: list[float], what: str) -> None:
    """Make the x axis logarithmic, with abbreviated labels such as 10k and 1M."""
    axes.set_xscale("log")
    axes.set_xlim(min(xs) / 1.4, max(xs) * 1.4)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: short(x)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(what)


def logarithmic(axes: Axes) -> None:
    """Make the y axis logarithmic, with powers of ten as plain numbers."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def short(number: float) -> str:
    """Abbreviate a number: 12000 as 12k, 3500000 as 3.5M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"
