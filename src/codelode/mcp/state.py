"""The state of an index in one line, for the end of every answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from codelode.errors import NoIndexError
from codelode.render.sanitize import visible_name
from codelode.render.units import age, count
from codelode.store.storage import LocalStorage

if TYPE_CHECKING:
    from codelode.index import Index
    from codelode.types import Freshness


def index_state(index: Index, note: str = "", freshness: Freshness | None = None) -> str:
    """Describe size, coverage and age of an index, and how it compares with the tree.

    `note` tells of an update under way.
    """
    try:
        manifest = index.snapshot().manifest
    except NoIndexError:
        outer = index.enclosing_root()
        return note or ("no index yet" if outer is None else f"part of the index of {outer}")
    updated = age(max(time.time() - LocalStorage(index.directory).published_at(), 0))
    coverage = "" if manifest.complete else " so far, not all"
    compared = _compared(freshness) if freshness else ""
    size = f"{count(manifest.files, 'file')}{coverage}"
    fields = [f"index: generation {manifest.generation}", size, f"updated {updated}"]
    return ", ".join(filter(None, [*fields, compared, note]))


def _compared(freshness: Freshness) -> str:
    if freshness.differing:
        pending = "being indexed" if freshness.updating else "not indexed yet"
        return f"{count(freshness.differing, 'file')} changed since, {pending}"
    if freshness.differing == 0:
        return "up to date"
    return f"may lack the last edits: {freshness.problem}" if freshness.problem else ""


def footer(states: list[str], masked: int) -> str:
    """Return the last line of an answer: states of indexes, and the number of masked secrets."""
    secrets = [f"{count(masked, 'secret')} masked"] if masked else []
    return visible_name(f"[{'; '.join([*states, *secrets])}]")
