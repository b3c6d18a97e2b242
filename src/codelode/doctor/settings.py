"""Findings about settings: the files, and environment variables that codelode does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.doctor.diagnosis import Diagnosis
from codelode.errors import UsageError
from codelode.settings.effective import effective, settings_files
from codelode.settings.variables import unread_variables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
    for name, nearest in unread_variables():
        remedy = f"did you mean {nearest}?" if nearest else "`lode config` lists all settings"
        yield Diagnosis("settings", "note", f"nothing reads the variable {name}", remedy)


def model_of(root: Path) -> str | None:
    """Return the model set for new indexes; None if none is set, or if the settings are invalid."""
    try:
        setting = effective(root).get("index.model")
    except UsageError:
        return None
    return None if setting is None else str(setting.value)
