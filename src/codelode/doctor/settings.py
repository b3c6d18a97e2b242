"""Findings about settings: the files, and environment variables that codelode does not read."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING

from codelode.doctor.diagnosis import Diagnosis
from codelode.errors import UsageError
from codelode.settings.effective import effective, settings_files
from codelode.settings.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHERS = ("LODE_CLUSTER_TOKEN", "LODE_MCP_TOKEN", "LODE_SERVE_TOKEN")
"""Variables that are no settings."""


def settings(root: Path) -> Iterator[Diagnosis]:
    """Yield findings about the settings of a root."""
    try:
        found = effective(root)
        files = [str(each.path) for each in settings_files(root) if each.exists]
    except UsageError as error:
        yield Diagnosis("settings", "problem", str(error), "correct the file or the variable")
    else:
        where = f" ({', '.join(files)})" if files else ""
        yield Diagnosis("settings", "ok", f"{len(found)} set{where}")
    known = [key.variable for key in KEYS] + [*OTHERS]
    for name in sorted(os.environ):
        if name.startswith("LODE_") and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            remedy = (
                f"did you mean {near[0]}?" if near else "see docs/output.md for those there are"
            )
            yield Diagnosis("settings", "note", f"nothing reads the variable {name}", remedy)


def model_of(root: Path) -> str | None:
    """Return the model that is set for new indexes; None without one or for invalid settings."""
    try:
        setting = effective(root).get("index.model")
    except UsageError:
        return None
    return None if setting is None else str(setting.value)
