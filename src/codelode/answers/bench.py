"""The report of `lode bench` as a dictionary."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codelode.answers.unicode import without_surrogates

if TYPE_CHECKING:
    from codelode.bench.report import Report


def bench_object(report: Report) -> dict[str, Any]:
    """Return all figures, rounded to six digits after the decimal point."""
    fields: dict[str, Any] = _rounded(asdict(report))
    for name in ("root", "directory"):
        fields["index"][name] = without_surrogates(fields["index"][name])
    del fields["index"]["changes"]  # unknown without a walk of the whole tree
    return fields


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value
