"""The indexes on this machine as dictionaries, and the removal of some of them."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codelode.answers.unicode import without_surrogates
from codelode.errors import CodelodeError, LockedError, MismatchError
from codelode.store.catalog import IndexEntry, entries, entry, remove
from codelode.store.locate import index_directory, index_folder, is_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from codelode.index import Index
    from codelode.roster.cache import ObjectCache

DAY_SECONDS = 86_400
ORPHAN_DAYS = 30
"""Orphans that were last used longer ago are removed by default."""


@dataclass(slots=True)
class Removal:
    """The indexes that were removed, and the busy ones, to which another process was writing.

    `fetched_bytes` is the size of the removed segments that had been fetched from rosters;
    `freed_bytes` includes it.
    """

    removed: list[IndexEntry] = field(default_factory=list)
    busy: list[IndexEntry] = field(default_factory=list)
    freed_bytes: int = 0
    fetched_bytes: int = 0


def listed(index_dir: str | None) -> list[IndexEntry]:
    """Return all indexes in the index folder, most recently used first. Raises `UsageError`."""
    return entries(index_folder(index_dir))


def index_of(root: str, index_dir: str | None) -> list[IndexEntry]:
    """Return the index of a root, or an empty list if it has none; the root may be gone.

    Raises `MismatchError` if `index_dir` is the index of another root.
    """
    real = Path(os.path.realpath(root))
    directory = index_directory(real, index_dir)
    if not is_index(directory):
        return []
    found = entry(directory)
    if found.root is not None and found.root != os.fsdecode(real):
        raise MismatchError(f"{directory} holds the index of {found.root}, not of {real}")
    return [found]


def covering(found: Iterable[IndexEntry], index_dir: str | None) -> dict[str, str]:
    """Return each root that an enclosing index covers too, with the root of the enclosing index.

    A search in such a root uses its own index; without it, the enclosing index would answer. The
    result omits the top of a nested git worktree: it is a root of its own, as it is for git.
    """
    from codelode.index import Index  # no other function here needs it

    roots = {each.root: Path(each.root) for each in found if each.root and not each.problem}
    result = {}
    for root, path in roots.items():
        nested = any(os.fsdecode(parent) in roots for parent in path.parents)
        if not nested or not path.is_dir() or (path / ".git").exists():
            continue
        with suppress(CodelodeError):  # an enclosing index that is damaged covers nothing
            outer = Index.open(path, index_dir).enclosing_root()
            if outer is not None:
                result[root] = os.fsdecode(outer)
    return result


def selected(
    found: Iterable[IndexEntry], orphans: bool = False, older_than: float | None = None
) -> list[IndexEntry]:
    """Return the indexes that match all conditions given.

    `orphans`: the root no longer exists. `older_than`: last used more than this many days ago.
    """
    now = time.time()
    return [
        each
        for each in found
        if (each.orphan or not orphans)
        and (older_than is None or now - each.last_used > older_than * DAY_SECONDS)
    ]


def remove_indexes(chosen: Iterable[IndexEntry]) -> Removal:
    """Remove indexes. Leaves those that another process is writing to. Raises `IndexingError`."""
    removal = Removal()
    for each in chosen:
        try:
            removal.freed_bytes += remove(each.directory)
        except LockedError:
            removal.busy.append(each)
        else:
            removal.removed.append(each)
    return removal


def fetched_segments(index_dir: str | None) -> ObjectCache:
    """Return the cache of the segments that were fetched from rosters. Raises `UsageError`."""
    from codelode.roster.answer import object_cache  # few commands need it

    return object_cache(index_dir)


def remove_old_orphans(index: Index) -> Removal:
    """Remove the orphans in the user's cache that have not been used for a long time.

    An orphan is an index whose root no longer exists. The setting `clean.orphans-after` is the
    number of days, 30 by default. Does nothing if `index` is not in the cache: several machines may
    share a folder of indexes, and a root may exist on only one of them. A root below an empty
    folder does not count as removed, because a disk may be mounted at that folder at other times.
    Raises `UsageError` for an invalid settings file.
    """
    from codelode.settings.effective import effective

    setting = effective(None).get("clean.orphans-after")
    days = ORPHAN_DAYS if setting is None else setting.value
    if days is None or index.reader.index_dir is not None or os.environ.get("LODE_INDEX_DIR"):
        return Removal()
    old = selected(listed(None), orphans=True, older_than=float(str(days)))
    return remove_indexes(each for each in old if each.root and _is_gone(each.root))


def _is_gone(root: str) -> bool:
    """Return whether a root was removed, rather than just not mounted or not readable."""
    if os.path.lexists(root):
        return False
    above = os.path.dirname(root)  # noqa: PTH120 (roots are texts)
    while above != os.path.dirname(above) and not os.path.lexists(above):  # noqa: PTH120
        above = os.path.dirname(above)  # noqa: PTH120
    try:
        return bool(os.listdir(above))  # noqa: PTH208
    except OSError:
        return False


def entry_object(found: IndexEntry) -> dict[str, Any]:
    """Return an index as a dictionary; `problem` is null if the index can be searched."""
    return {
        "root": None if found.root is None else without_surrogates(found.root),
        "root_exists": found.root is not None and not found.orphan,
        "directory": without_surrogates(os.fsdecode(found.directory)),
        "files": found.files,
        "chunks": found.chunks,
        "index_bytes": found.size,
        "last_commit": _iso(found.last_commit),
        "last_used": _iso(found.last_used),
        "problem": found.problem or None,
    }


def list_object(found: Iterable[IndexEntry], covered: Mapping[str, str]) -> dict[str, Any]:
    """Return all indexes, and their total size; `covered` is from `covering`."""
    indexes = [
        {**entry_object(each), "covered_by": _covering_root(each, covered)} for each in found
    ]
    total = sum(each["index_bytes"] for each in indexes)
    return {"indexes": indexes, "index_bytes": total}


def _covering_root(found: IndexEntry, covered: Mapping[str, str]) -> str | None:
    outer = covered.get(found.root or "")
    return None if outer is None else without_surrogates(outer)


def removal_object(removal: Removal, dry_run: bool) -> dict[str, Any]:
    """Return the result of a removal, or of its dry run."""
    return {
        "dry_run": dry_run,
        "removed": [entry_object(each) for each in removal.removed],
        "busy": [entry_object(each) for each in removal.busy],
        "freed_bytes": removal.freed_bytes,
        "fetched_bytes": removal.fetched_bytes,
    }


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
