"""A dry run: what an update would do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.discover.options import WalkOptions
from codelode.discover.read import read as read_file
from codelode.discover.walk import walk
from codelode.errors import UsageError
from codelode.pipeline.changes import KnownFiles, SkipCounter, changed_files
from codelode.pipeline.stages import StageClock
from codelode.types import Skip, SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Plan:
    """What an update would do.

    `files` and `bytes` are the number and size of all files to index, `changed` and `removed` the
    numbers of files to read and to remove, `skipped` the numbers of files left out, by reason.
    If the plan did not `read` files, `files` and `bytes` may include files without text.
    """

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
    read: bool = False,
) -> Plan:
    """Walk the tree and compare it with the snapshot; change nothing.

    With `read`, files that may have changed are read as an update would read them, and files
    without text are skipped. Otherwise, files that may have changed all count as files to index.
    Raises `IndexingError` if the machine runs out of descriptors or memory.
    """
    known, skips = KnownFiles(snapshot), SkipCounter(on_skip)
    files = size = 0

    def counted() -> Iterator[SourceFile | Skip]:
        nonlocal files, size
        for item in walk(root, options):
            if isinstance(item, SourceFile):
                files += 1
                size += item.size
            yield item

    changed = 0
    for task in changed_files(counted(), known, skips, StageClock()):
        document = read_file(root, task.file, options.max_file_size) if read else None
        if isinstance(document, Skip):
            skips.add(document)
            files, size = files - 1, size - task.file.size
        else:
            changed += document is None or not task.is_as_indexed(document)
    for skip, skipped_bytes in known.lasting_skips() if read else ():
        skips.add(skip)
        files, size = files - 1, size - skipped_bytes
    return Plan(files, size, changed, known.removed(), dict(skips.counts))


def refuse_empty(root: Path, options: WalkOptions) -> None:
    """Raise `UsageError` if the tree has no file to index, so that the index stays as it is."""
    skips = SkipCounter(None)
    for item in walk(root, options):
        if not isinstance(item, Skip):
            return
        skips.add(item)
    raise nothing_to_index(root, skips.counts)


def nothing_to_index(root: Path, skipped: Mapping[str, int]) -> UsageError:
    """Return the error that says why a tree has nothing to index."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(skipped.items()))
    why = f"everything was left out ({reasons})" if reasons else "the folder is empty"
    return UsageError(f"nothing to index in {root}: {why}")
