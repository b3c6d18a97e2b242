"""What an update would do, without doing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from codelode.discover.walk import WalkOptions, walk
from codelode.pipeline.changes import KnownFiles
from codelode.pipeline.update import COMPARE_FILES
from codelode.types import Skip, SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.store.snapshot import Snapshot


def plan(
    root: Path,
    snapshot: Snapshot | None,
    options: WalkOptions,
    on_skip: Callable[[Skip], None] | None = None,
) -> tuple[int, int, int, int, dict[str, int]]:
    """Files and bytes found, files to read, files gone, and skips by reason."""
    known = KnownFiles(snapshot)
    skips: Counter[str] = Counter()
    files = size = changed = 0
    batch: list[SourceFile] = []
    for item in walk(root, options):
        if isinstance(item, Skip):
            skips[item.reason.value] += 1
            if on_skip is not None:
                on_skip(item)
            continue
        files += 1
        size += item.size
        batch.append(item)
        if len(batch) == COMPARE_FILES:
            changed += len(known.changed(batch))
            batch = []
    changed += len(known.changed(batch)) if batch else 0
    return files, size, changed, known.removed(), dict(skips)
