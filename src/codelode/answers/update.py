"""Plans and reports of updates, and skipped files, as dictionaries."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codelode.answers.unicode import path_fields

if TYPE_CHECKING:
    from codelode.pipeline.plan import Plan
    from codelode.report import UpdateReport
    from codelode.types import Skip


def report_object(report: UpdateReport) -> dict[str, Any]:
    """Return the report of an update; without a profile, `slowest` and `largest` are absent."""
    fields = asdict(report)
    for name in ("slowest", "largest"):
        files = fields.pop(name)
        if files:
            fields[name] = [{**file, **path_fields(file["path"])} for file in files]
    return fields


def plan_object(plan: Plan) -> dict[str, Any]:
    """Return the plan of an update."""
    return {"dry_run": True, **asdict(plan)}


def skip_object(skip: Skip) -> dict[str, Any]:
    """Return a skipped file or folder, with the reason and, if there is one, the detail."""
    fields = {"skipped": path_fields(skip.path), "reason": skip.reason.value}
    return {**fields, "detail": skip.detail} if skip.detail else fields
