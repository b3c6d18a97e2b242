"""Notes on an answer about the state of its index: incomplete, stale, empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.render.units import count

if TYPE_CHECKING:
    from codelode.types import Answer


def notes(answer: Answer) -> list[str]:
    """Return notes on completeness and staleness; an empty list if all is well."""
    found = []
    if not answer.complete:
        found.append("the index does not cover the whole tree yet: run `lode index`")
    if answer.stale_files:
        files = count(answer.stale_files, "file")
        found.append(f"{files} with hits changed since the last update: run `lode index`")
    return found
