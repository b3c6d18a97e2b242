"""The output of `lode bench`: figures as tables."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.render.sanitize import visible_name
from codelode.render.units import count, fine_seconds, seconds, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.bench.latency import Latency
    from codelode.bench.report import Report
    from codelode.bench.stages import Indexing

Row = tuple[str, ...]
EXAMPLES, EXAMPLE_COLUMNS = 3, 60


class Announcer:
    """A context manager that shows the current measurement on a terminal, then erases it."""

    def __enter__(self) -> Announcer:
        self._shown = streams.is_terminal(sys.stderr)
        return self

    def __exit__(self, *_: object) -> None:
        self._write("")

    def announce(self, step: str) -> None:
        """Show the name of the next measurement."""
        self._write(f"measuring: {step} ...")

    def _write(self, text: str) -> None:
        if self._shown:
            streams.write_error(f"\r\x1b[K{text}")


def print_bench(report: Report) -> None:
    """Print all figures as tables."""
    parts = [
        _facts(_overview(report)),
        _searches(report),
        _facts(_recall(report)),
        _stages(report.indexing),
        _facts(_memory(report)),
    ]
    print("\n\n".join("\n".join(lines) for lines in parts if lines))


def _overview(report: Report) -> list[Row]:
    guard = visible_name if streams.is_terminal(sys.stdout) else str
    index, machine = report.index, report.machine
    content = f"{count(index.files, 'file')}, {count(index.chunks, 'chunk')}"
    sample = count(len(report.queries), "query")
    examples = ", ".join(_quoted(query) for query in report.queries[:EXAMPLES])
    return [
        ("root", guard(index.root)),
        ("index", guard(index.directory)),
        ("content", content + ("" if index.complete else " (does not cover the whole tree yet)")),
        ("model", guard(index.model)),
        (
            "machine",
            f"{count(machine.cores, 'core')} (load before: {machine.load:.1f}), {machine.system},"
            f" Python {machine.python}",
        ),
        ("sample", f"{sample} made from indexed chunks, seed {report.seed}"),
        ("  such as", examples or "none"),
        ("took", seconds(report.seconds)),
    ]


def _quoted(query: str) -> str:
    """Return a query in quotes, safe for a terminal: it is made from source text."""
    shown = query if len(query) <= EXAMPLE_COLUMNS else query[: EXAMPLE_COLUMNS - 1] + "…"
    return f'"{visible_name(shown)}"'


def _searches(report: Report) -> list[str]:
    if not report.latency:
        return ["searches: not measured (the index holds no words to search for)"]
    warm = dict(report.latency)
    if report.filtered is not None:
        warm[f"hybrid, -t {report.filter}"] = report.filtered
    rows: list[Row] = [("searches", "", "p50", "p95", "p99", "max")]
    rows += [(name, *_percentiles(latency)) for name, latency in warm.items()]
    return [*_table(rows), "", *_facts(_rates(report))]


def _percentiles(latency: Latency) -> Row:
    times = latency.p50_seconds, latency.p95_seconds, latency.p99_seconds, latency.max_seconds
    return f"{latency.queries:,}", *map(fine_seconds, times)


def _rates(report: Report) -> list[Row]:
    rows: list[Row] = []
    for rate in report.throughput:
        gain = rate.queries_per_second / report.throughput[0].queries_per_second
        times = f" ({gain:.2f} × one)" if rate.threads > 1 else ""
        rows.append(
            (count(rate.threads, "thread"), f"{rate.queries_per_second:,.0f} searches/s{times}")
        )
    if report.cold is not None:
        peak = report.cold.peak_rss_bytes
        held = f", {size(peak)} resident" if peak is not None else ""
        median = fine_seconds(report.cold.median_seconds)
        processes = count(report.cold.processes, "process")
        rows.append(("cold process", f"{median} (median of {processes}){held}"))
    return rows


def _recall(report: Report) -> list[Row]:
    found = report.recall
    if found is None:
        return [("recall", "not measured (no chunk of the sample has a vector)")]
    share = f"{found.chunks:,} of {count(found.of_chunks, 'chunk')}"
    return [
        (
            f"recall@{found.k}",
            f"{found.recall:.4f} against exact search"
            f" ({count(found.queries, 'query')} over {share}, embedded again)",
        ),
        ("  codes alone", f"{found.scan:.4f}"),
        ("  candidates", f"{found.among_candidates:.4f} among the best {found.candidates}"),
    ]


def _stages(indexing: Indexing | None) -> list[str]:
    if indexing is None:
        return ["indexing: not measured (the tree has no file to read)"]
    rows: list[Row] = [("indexing", "CPU time", "share", "bytes / CPU s", "chunks / CPU s")]
    for stage in indexing.stages:
        rates = f"{size(stage.bytes_per_second)}", f"{stage.chunks_per_second:,.0f}"
        rows.append((stage.name, fine_seconds(stage.cpu_seconds), f"{stage.share:.1%}", *rates))
    spent = max(indexing.cpu_seconds, 1e-9)
    rates = size(indexing.bytes / spent), f"{indexing.chunks / spent:,.0f}"
    rows.append(("all", fine_seconds(indexing.cpu_seconds), "", *rates))
    found = " files" if indexing.whole_tree else " files found in time"
    share = indexing.index_bytes / max(indexing.bytes, 1)
    facts = [
        (
            "sample",
            f"{count(indexing.files, 'file')} ({size(indexing.bytes)}) of"
            f" {indexing.found_files:,}{found} ({size(indexing.found_bytes)}),"
            f" in one process: {fine_seconds(indexing.wall_seconds)}",
        ),
        ("walk", f"{fine_seconds(indexing.walk_seconds)} for {indexing.found_files:,}{found}"),
        ("index size", f"{size(indexing.index_bytes)}, {share:.2f} × these files"),
    ]
    return [*_table(rows), "", *_facts(facts)]


def _memory(report: Report) -> list[Row]:
    memory, index = report.memory, report.index
    private = memory.private_bytes
    alone = f", {size(private)} of it private" if private is not None else ""
    rows: list[Row] = [
        ("memory", f"{size(memory.resident_bytes)} resident after the searches{alone}"),
        ("mapped", f"{size(memory.mapped_bytes)} in {count(index.segments, 'segment')}"),
    ]
    sections = sorted(index.bytes_by_section.items(), key=lambda item: -item[1])
    return rows + [(f"  {name}", size(amount)) for name, amount in sections]


def _facts(rows: Sequence[Row]) -> list[str]:
    columns = max(14, *(len(name) for name, _ in rows))
    return [f"{name:{columns}}  {fact}" for name, fact in rows]


def _table(rows: Sequence[Row]) -> list[str]:
    """Align the first column left and the others right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[0] = max(widths[0], 14)
    return [
        "  ".join(
            [
                f"{row[0]:{widths[0]}}",
                *(f"{c:>{w}}" for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in rows
    ]
