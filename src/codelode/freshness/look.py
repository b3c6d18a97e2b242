"""A look at the tree: which files differ from a snapshot."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from codelode.discover.walk import walk
from codelode.freshness.ahead import take
from codelode.pipeline.changes import COMPARE_FILES, KnownFiles
from codelode.types import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from codelode.discover.options import WalkOptions
    from codelode.discover.scope import Scope
    from codelode.store.snapshot import Snapshot
    from codelode.types import Skip, Task


@dataclass(slots=True)
class Look:
    """The files that differ from a snapshot; paths are relative to the root.

    `touched` files have other times but the indexed content. `gone` files were deleted, or are left
    out now; `deleted` is the number of `gone` files with text. `files` is the number of files that
    the walk met, and `bytes` the size of the files to read. The lists are complete only if the look
    has `finished`. `whole` says that the look covered the whole tree; `began_ns` is the time when
    it began.
    """

    generation: int
    began_ns: int
    changed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    deleted: int = 0
    files: int = 0
    bytes: int = 0
    whole: bool = True
    finished: bool = False

    @property
    def differing(self) -> list[str]:
        """The paths of the changed, added and gone files."""
        return [*self.changed, *self.added, *self.gone]


class _OutOfTime(Exception):  # noqa: N818 (the look ends, nothing has failed)
    """An exception that ends a look whose time is up."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of a look: a deadline by `time.monotonic` and a number of new or changed files."""

    deadline: float
    files: float

    def check(self, _folder: str = "") -> None:
        """Raise `_OutOfTime` after the deadline."""
        if time.monotonic() > self.deadline:
            raise _OutOfTime


def look(
    root: Path, snapshot: Snapshot, options: WalkOptions, scope: Scope | None, bounds: Bounds
) -> Look:
    """Compare a tree with a snapshot; change nothing.

    With a `scope`, compare only that part. Files whose times differ are read, because a new time
    alone is no difference. A look that exceeds its bounds stops and is not `finished`. Raises
    `UsageError` if the root cannot be read, and the errors of reading the snapshot.
    """
    found = Look(snapshot.manifest.generation, time.time_ns())
    found.whole = scope is None
    known = KnownFiles(snapshot, scope)
    ahead = take(root, options, bounds.deadline) if scope is None else None
    walked: Iterator[SourceFile | Skip] = iter(ahead.files if ahead else ())
    if ahead:
        found.began_ns = ahead.began_ns
    else:
        walked = walk(root, options, scope, bounds.check)

    is_same = partial(_is_same, root, options.max_file_size)
    try:
        for files in _batches(walked):
            found.files += len(files)
            if files:
                _compare(known.changed(files), found, bounds.deadline, is_same)
            if _count(found) > bounds.files:
                return found
            bounds.check()
    except _OutOfTime:
        return found
    for path, has_text in known.missing():
        found.gone.append(path)
        found.deleted += has_text
    found.finished = True
    return found


def _is_same(root: Path, max_file_size: int, task: Task) -> bool:
    """Return whether a file whose times differ has the indexed content and language."""
    if task.may_change_language:
        return False
    from codelode.discover.read import content_hash  # most looks read no file

    return content_hash(root, task.file, max_file_size) == task.content_hash


def _batches(walked: Iterator[SourceFile | Skip]) -> Iterator[list[SourceFile]]:
    """Yield the files of a walk, without its skips, a few hundred at a time."""
    while items := list(islice(walked, COMPARE_FILES)):
        yield [item for item in items if isinstance(item, SourceFile)]


def _count(found: Look) -> int:
    return len(found.changed) + len(found.added)


def _compare(
    tasks: Sequence[Task], found: Look, deadline: float, is_same: Callable[[Task], bool]
) -> None:
    """Sort files that may differ into added, changed, and touched (content as indexed).

    After the deadline, known files count as changed without being read.
    """
    for task in tasks:
        if task.content_hash is None:
            found.added.append(task.file.path)
        elif time.monotonic() < deadline and is_same(task):
            found.touched.append(task.file.path)
            continue
        else:
            found.changed.append(task.file.path)
        found.bytes += task.file.size
