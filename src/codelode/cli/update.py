"""An update with a progress bar on a terminal."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from codelode.cli import streams
from codelode.progress import ProgressBar

if TYPE_CHECKING:
    from collections.abc import Callable

    from codelode.index import Index
    from codelode.report import UpdateReport
    from codelode.types import Skip


def update(
    index: Index,
    quiet: bool = False,
    on_skip: Callable[[Skip], None] | None = None,
    **settings: Any,
) -> UpdateReport:
    """Update an index, and show progress if standard error is a terminal."""
    bar: ProgressBar | None = None
    if streams.is_terminal(sys.stderr) and not quiet:
        walk = {
            name: settings[name]
            for name in ("hidden", "no_ignore", "max_file_size")
            if name in settings
        }
        plan = index.plan(**walk)
        to_read = plan.files if settings.get("rebuild") else plan.changed
        bar = ProgressBar(to_read, plan.bytes * to_read // max(plan.files, 1))
    with bar or nullcontext():
        on_wait = _announce_wait if settings.get("wait") else None
        return index.update(on_skip=on_skip, on_wait=on_wait, progress=bar, **settings)


def _announce_wait(holder: str) -> None:
    streams.say(f"waiting for another process (pid {holder}) to finish indexing")
