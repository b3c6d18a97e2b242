"""The results of a benchmark as data: the schema of `benchmarks/runs/`.

A file holds one `Record`. The `samples` of a measurement are repetitions of the same thing, so that
their spread is the noise. (Different queries are not repetitions: their percentile is computed in
each repetition.) `value` is the median of the samples. `baseline` names another measurement of the
same record, and `ratio` is `value` divided by the value of the baseline.

Names are stable, because `compare_runs` matches them. They go from the corpus to the detail,
separated by slashes: `k10000/index/wall`.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

SCHEMA = 1

Better = Literal["lower", "higher", "neither"]


class SchemaError(ValueError):
    """An error for a file that this code cannot read as a record."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One quantity. `better` is "neither" for mere counts, such as files."""

    name: str
    unit: str
    better: Better
    samples: tuple[float, ...]
    baseline: str | None = None

    @property
    def value(self) -> float:
        """Return the median of the samples."""
        return statistics.median(self.samples)


@dataclass(frozen=True, slots=True)
class Corpus:
    """A measured tree: its name (not its path) and a digest of its files."""

    name: str
    files: int
    bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class Record:
    """One run of one benchmark. For `machine` and `versions` see `surroundings`.

    `dirty` means that the code differed from `commit`. `notes` tell a reader what matters for
    judging the figures.
    """

    benchmark: str
    command: str
    began: str
    seconds: float
    commit: str
    dirty: bool
    machine: dict[str, str | int]
    versions: dict[str, str]
    load_average: dict[str, float]
    corpora: list[Corpus]
    measurements: list[Measurement]
    notes: list[str] = field(default_factory=list)

    def by_name(self) -> dict[str, Measurement]:
        """Return the measurements by name."""
        return {row.name: row for row in self.measurements}


def dumps(record: Record) -> str:
    """Return a record as JSON, one line per measurement so that diffs are readable.

    Raises `ValueError` for duplicate names, missing baselines or measurements without samples.
    """
    values = {row.name: row.value for row in record.measurements if row.samples}
    if len(values) != len(record.measurements):
        raise ValueError("a measurement has no samples, or two have the same name")
    rows = [_row(row, values) for row in record.measurements]
    head = {"schema": SCHEMA, **asdict(record)}
    del head["measurements"]
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    opened = json.dumps(head, indent=1).removesuffix("\n}")
    return f'{opened},\n "measurements": [\n{lines}\n ]\n}}\n'


def _row(row: Measurement, values: dict[str, float]) -> dict[str, Any]:
    written: dict[str, Any] = {
        "name": row.name,
        "unit": row.unit,
        "better": row.better,
        "value": _short(row.value),
    }
    if row.baseline is not None:
        if row.baseline not in values:
            raise ValueError(f"{row.name}: there is no {row.baseline} to compare with")
        below = values[row.baseline]
        written["baseline"] = row.baseline
        written["ratio"] = _short(row.value / below) if below else None
    written["samples"] = [_short(sample) for sample in row.samples]
    return written


def _short(value: float) -> float:
    """Round to six significant digits; the rest is noise."""
    return value if isinstance(value, int) else float(f"{value:.6g}")


def loads(text: str) -> Record:
    """Read a record from JSON. Raises `SchemaError`."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise SchemaError(f"not JSON: {error}") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise SchemaError(f"not a record of schema {SCHEMA}")
    del data["schema"]
    try:
        data["corpora"] = [Corpus(**corpus) for corpus in data["corpora"]]
        data["measurements"] = [_measurement(row) for row in data["measurements"]]
        return Record(**data)
    except (KeyError, TypeError) as error:
        raise SchemaError(f"a field is missing or unknown: {error}") from None


def _measurement(row: dict[str, Any]) -> Measurement:
    return Measurement(
        row["name"], row["unit"], row["better"], tuple(row["samples"]), row.get("baseline")
    )


def load_folder(folder: Path) -> dict[str, Record]:
    """Read the records of a run folder, by benchmark. Raises `SchemaError`, naming the file."""
    records = {}
    for path in sorted(folder.glob("*.json")):
        try:
            records[path.stem] = loads(path.read_text(encoding="utf-8"))
        except SchemaError as error:
            raise SchemaError(f"{path}: {error}") from None
    return records


def table(measurements: Sequence[Measurement]) -> str:
    """Return measurements as text, one per line."""
    values = {row.name: row.value for row in measurements}
    width = max(len(row.name) for row in measurements)
    lines = []
    for row in measurements:
        line = f"{row.name:<{width}}  {shown(row.value):>12} {row.unit:<8}"
        if len(row.samples) > 1:
            line += f" {shown(min(row.samples))} to {shown(max(row.samples))}, {len(row.samples)}x"
        if row.baseline is not None and values[row.baseline]:
            line += f"  = {row.value / values[row.baseline]:.3g} x {row.baseline}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def shown(value: float) -> str:
    """Format a number with three or four significant digits."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 1 else f"{value:.3g}"
