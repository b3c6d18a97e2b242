"""The status of an index as a dictionary."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codelode.answers.unicode import without_surrogates

if TYPE_CHECKING:
    from codelode.index import Index
    from codelode.pipeline.status import Status


def status_object(status: Status) -> dict[str, Any]:
    """Return the status of an index that exists."""
    fields = {**asdict(status), "exists": True}
    for name in ("root", "directory"):
        fields[name] = without_surrogates(fields[name])
    return fields


def absent_object(index: Index) -> dict[str, Any]:
    """Return the status of an index that does not exist."""
    root, directory = (os.fsdecode(path) for path in (index.root, index.directory))
    return {
        "root": without_surrogates(root),
        "directory": without_surrogates(directory),
        "exists": False,
    }
