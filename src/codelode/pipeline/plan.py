"""What an update would do, without doing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.discover.walk import WalkOptions, walk
from codelode.errors import UsageError
from codelode.pipeline.changes import KnownFiles
from codelode.pipeline.update import COMPARE_FILES
from codelode.types import Skip, SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Plan:
    """What an update would do. `files` and `bytes` are all that the walk found worth reading."""

    files: int
    bytes: int
    changed: int
    removed: int
    skipped: dict[str, int]


def plan(
    root: Path,
    snapshot: Snapshot | None,
    options: WalkOptions,
    on_skip: Callable[[Skip], None] | None = None,
) -> Plan:
    """Walk the tree and compare it with the snapshot; touches nothing."""
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
    return Plan(files, size, changed, known.removed(), dict(skips))


def refuse_empty(root: Path, options: WalkOptions) -> None:
    """Raise `UsageError` if there is nothing to read: what is indexed stays as it is."""
    skipped: Counter[str] = Counter()
    for item in walk(root, options):
        if not isinstance(item, Skip):
            return
        skipped[item.reason.value] += 1
    raise nothing_to_index(root, skipped)


def nothing_to_index(root: Path, skipped: Mapping[str, int]) -> UsageError:
    """The error that says why a tree has nothing to index."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(skipped.items()))
    why = f"everything was left out ({reasons})" if reasons else "the folder is empty"
    return UsageError(f"nothing to index in {root}: {why}")
