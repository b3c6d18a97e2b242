"""Draw plots of the records in one run folder as SVG.

    python -m benchmarks.plots RUN_FOLDER [--out docs/plots]

Needs the dependency group `benchmarks`. The same records give the same bytes. If the folder
has no record of a benchmark, the existing plot is left unchanged.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib
import matplotlib.pyplot

from benchmarks.drawing.many import concurrency
from benchmarks.drawing.peers import peers
from benchmarks.drawing.size import latency, memory, time
from benchmarks.record.measurement import Record, load_folder

PLOTS: dict[str, tuple[str, Callable[[Record], matplotlib.figure.Figure | None]]] = {
    "time": ("scale", time),
    "latency": ("scale", latency),
    "memory": ("memory", memory),
    "peers": ("compare", peers),
    "concurrency": ("concurrency", concurrency),
}
STYLE = {
    "svg.hashsalt": "codelode",
    "svg.fonttype": "none",  # keep text as text: smaller, and searchable
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": "#444444",
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titlepad": 12,
    "xtick.color": "#666666",
    "ytick.color": "#666666",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e8e8e8",
    "grid.linewidth": 0.7,
    "lines.linewidth": 2,
    "lines.markersize": 6,
    "figure.facecolor": "white",
}


def draw(records: dict[str, Record], out: Path) -> list[Path]:
    """Draw every plot that has a record; return the files written."""
    matplotlib.use("svg")
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, (benchmark, plot) in PLOTS.items():
        if benchmark not in records:
            continue
        with matplotlib.rc_context(STYLE):
            figure = plot(records[benchmark])
            if figure is None:
                continue
            path = out / f"{name}.svg"
            nothing = {"Date": None, "Creator": None}
            figure.savefig(path, format="svg", bbox_inches="tight", metadata=nothing)
            matplotlib.pyplot.close(figure)
        written.append(path)
    return written


def main() -> int:
    """Draw the plots; return 1 if there was nothing to draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plots")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/plots"))
    options = parser.parse_args()
    written = draw(load_folder(options.folder), options.out)
    for path in written:
        print(path)
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main())
