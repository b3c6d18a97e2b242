"""The figures of `lode bench --json` as plots, drawn as SVG by the server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codelode.errors import UsageError
from codelode.page.markup import Markup, tag
from codelode.render.units import count, fine_seconds, size

_LABEL, _BAR, _VALUE, _ROW = 120, 380, 90, 22
_PERCENTILES = ("p50", "p95", "p99")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a plot: a label, an amount, and the amount as text."""

    label: str
    amount: float
    text: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The plots of a report, by title, and the conditions of the measurement."""

    plots: tuple[tuple[str, tuple[Bar, ...]], ...]
    conditions: str


def read_figures(file: str) -> Figures:
    """Read a report of `lode bench --json`. Raises `UsageError` if it is not one."""
    try:
        report = json.loads(Path(file).read_bytes())
        return _figures(report)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(f"{file} is no report of `lode bench --json`") from None


def _figures(report: dict[str, Any]) -> Figures:
    latency = [
        Bar(f"{mode} {name}", float(value), fine_seconds(float(value)))
        for mode, figures in report["latency"].items()
        for name in _PERCENTILES
        for value in [figures[f"{name}_seconds"]]
    ]
    throughput = [
        Bar(count(int(each["threads"]), "thread"), float(rate), f"{float(rate):,.0f}/s")
        for each in report["throughput"]
        for rate in [each["queries_per_second"]]
    ]
    stages = [
        Bar(str(each["name"]), float(each["cpu_seconds"]), fine_seconds(float(each["cpu_seconds"])))
        for each in (report["indexing"] or {"stages": []})["stages"]
    ]
    machine, index = report["machine"], report["index"]
    conditions = (
        f"codelode {machine['codelode']}, Python {machine['python']},"
        f" {int(machine['cores'])} cores, {int(index['files']):,} files,"
        f" {size(float(index['index_bytes']))} of index"
    )
    named = {
        "Latency of a search": latency,
        "Searches per second": throughput,
        "CPU seconds of indexing, by stage": stages,
    }
    return Figures(tuple((title, tuple(bars)) for title, bars in named.items() if bars), conditions)


def plots_view(figures: Figures) -> Markup:
    """Return all plots."""
    return tag(
        "section",
        tag("h2", "Measured by lode bench"),
        tag("p", figures.conditions, class_="facts"),
        tag("div", *[_plot(title, bars) for title, bars in figures.plots], class_="plots"),
        class_="tree",
    )


def _plot(title: str, bars: tuple[Bar, ...]) -> Markup:
    most = max((bar.amount for bar in bars), default=0.0) or 1.0
    width = _LABEL + _BAR + _VALUE
    rows = []
    for number, bar in enumerate(bars):
        y = number * _ROW
        length = max(_BAR * bar.amount / most, 1.0)
        rows += [
            tag("text", bar.label, x=_LABEL - 8, y=y + 15, class_="axis", text_anchor="end"),
            tag("rect", x=_LABEL, y=y + 4, width=f"{length:.1f}", height=_ROW - 8, rx=2),
            tag("text", bar.text, x=f"{_LABEL + length + 6:.1f}", y=y + 15),
        ]
    drawn = tag(
        "svg",
        *rows,
        viewBox=f"0 0 {width} {len(bars) * _ROW}",
        role="img",
        aria_label=f"{title}: " + ", ".join(f"{bar.label} {bar.text}" for bar in bars),
        class_="plot",
    )
    return tag("figure", tag("figcaption", title), drawn)
