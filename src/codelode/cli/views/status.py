"""The output of `lode status`: one fact per line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.render.sanitize import visible_name
from codelode.render.units import count, seconds, size

if TYPE_CHECKING:
    from codelode.pipeline.status import Status
    from codelode.types import WatchState


def print_status(status: Status) -> None:
    """Print the facts about an index, one per line: the sizes of its sections last."""
    guard = visible_name if streams.is_terminal(sys.stdout) else str
    coverage = "" if status.complete else " (does not cover the whole tree yet)"
    facts = {
        "root": guard(status.root),
        "index": guard(status.directory),
        "content": f"{count(status.files, 'file')}, {count(status.chunks, 'chunk')}{coverage}",
        "model": guard(status.model),
        "generation": f"{status.generation}, committed {status.last_commit}",
    }
    if status.dead_files:
        facts["dead"] = f"{count(status.dead_files, 'replaced or removed file')} still in segments"
    if status.changes is not None:
        pending = status.changes.changed, status.changes.removed
        facts["changes"] = (
            f"an update would read {count(pending[0], 'file')} and remove {pending[1]:,}"
            if any(pending)
            else "none since the last update"
        )
    if status.watch is not None:
        facts["watcher"] = guard(_watcher(status.watch))
    facts["size"] = (
        f"{size(status.index_bytes)} in {count(status.segments, 'segment')}"
        f" (of {size(status.text_bytes)} of text)"
    )
    for name, amount in sorted(status.bytes_by_section.items(), key=lambda item: -item[1]):
        facts[f"  {name}"] = size(amount)
    columns = max(map(len, facts))
    for name, fact in facts.items():
        print(f"{name:{columns}}  {fact}")


def _watcher(state: WatchState) -> str:
    """Describe the state of the watcher."""
    if state.mode == "events":
        doing = f"watches {count(state.folders, 'folder')}"
    elif state.mode == "scanning":
        doing = f"walks the tree every {seconds(state.interval)}, because {state.reason}"
    else:
        doing = f"{state.mode}: {state.reason}" if state.reason else state.mode
    problem = f"; its last update failed: {state.problem}" if state.problem else ""
    return f"process {state.pid} {doing}{problem}"
