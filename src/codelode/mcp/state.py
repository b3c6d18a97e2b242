"""The state of an index in one line, for the end of every answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from codelode.render.sanitize import visible_name
from codelode.render.units import age, count
from codelode.store.storage import LocalStorage

if TYPE_CHECKING:
    from codelode.index import Index


def index_state(index: Index, note: str = "") -> str:
    """Describe size, coverage and age of an index; `note` tells of an update under way."""
    if not index.exists():
        outer = index.enclosing_root()
        return note or ("no index yet" if outer is None else f"part of the index of {outer}")
    manifest = index.snapshot().manifest
    updated = age(max(time.time() - LocalStorage(index.directory).published_at(), 0))
    coverage = "" if manifest.complete else " so far, not all"
    fields = [f"index: {count(manifest.files, 'file')}{coverage}", f"updated {updated}"]
    return ", ".join([*fields, note] if note else fields)


def footer(states: list[str], masked: int) -> str:
    """Return the last line of an answer about indexes and masked secrets."""
    secrets = [f"{count(masked, 'secret')} masked"] if masked else []
    return visible_name(f"[{'; '.join([*states, *secrets])}]")
