"""Update an index with progress, and build indexes that are missing."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, TypeVar, Unpack, cast

from codelode.errors import NoIndexError
from codelode.render.index_command import index_dir_flag

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from codelode.index import Index
    from codelode.pipeline.options import Progress, UpdateSettings
    from codelode.report import UpdateReport
    from codelode.several import SeveralRoots

    Meter = Callable[[int, int], AbstractContextManager[Progress]]
    Tell = Callable[[str], None]

Answered = TypeVar("Answered")


def update(
    index: Index, meter: Meter | None = None, **settings: Unpack[UpdateSettings]
) -> UpdateReport:
    """Update an index.

    `meter` is called with the number of files to read and their estimated size in bytes; finding
    these takes a walk of the tree. The call returns a context manager, which is open while the
    update runs, and yields the receiver of the progress. Raises what `Index.update` raises.
    """
    if meter is None:
        return index.update(**settings)
    plan = index.plan(
        hidden=settings.get("hidden"),
        no_ignore=settings.get("no_ignore"),
        installed=settings.get("installed"),
        secrets=settings.get("secrets"),
        max_file_size=settings.get("max_file_size"),
    )
    to_read = plan.files if settings.get("rebuild") else plan.changed
    with meter(to_read, plan.bytes * to_read // max(plan.files, 1)) as progress:
        settings["progress"] = progress
        return index.update(**settings)


def build_if_missing(
    index: Index, allowed: bool = True, meter: Meter | None = None, tell: Tell | None = None
) -> UpdateReport | None:
    """Build an index, unless it exists or an enclosing folder's index covers its root.

    Settings say which files are indexed, and with which model. `tell` is called with one line if an
    enclosing index leaves this root out. Returns the report, or None if there was nothing to do.
    Raises `NoIndexError` if building is not `allowed`, and `UsageError` for a tree that is indexed
    only on request.
    """
    if index.searchable():
        return None
    if not allowed:
        raise NoIndexError(no_index(index))
    from codelode.answers.indexes import remove_old_orphans
    from codelode.answers.large_tree import refuse_unasked

    index, settings = configured(index)

    refuse_unasked(index, settings)
    report = update(index, meter, **settings)
    remove_old_orphans(index)
    tell_of_own(index, tell)
    return report


def tell_of_own(index: Index, tell: Tell | None) -> None:
    """Tell of a new index, made because the index of an enclosing folder leaves its root out."""
    if tell is None or index.enclosing_root() is not None:
        return
    outer = _outer_root(index)
    if outer is not None:
        tell(f"{index.root} is left out of the index of {outer}, so it got an index of its own")


def _outer_root(index: Index) -> Path | None:
    """Return the root of the nearest index of an enclosing folder, whatever it covers, or None."""
    from codelode.store.locate import index_directory
    from codelode.store.manifest import read_manifest
    from codelode.store.storage import LocalStorage

    for parent in index.root.parents:
        directory = index_directory(parent, index.reader.index_dir)
        try:
            recorded = read_manifest(LocalStorage(directory)).root
        except NoIndexError:
            continue
        if recorded == os.fsdecode(parent):
            return parent
    return None


def build_missing(
    several: SeveralRoots,
    allowed: bool = True,
    meter: Meter | None = None,
    tell: Tell | None = None,
) -> bool:
    """Build the missing indexes of some roots; return whether any was built.

    Raises what `build_if_missing` raises.
    """
    reports = [build_if_missing(index, allowed, meter, tell) for index in several.indexes]
    return any(report is not None for report in reports)


def ask_indexed(
    several: SeveralRoots,
    ask: Callable[[], Answered],
    allowed: bool = True,
    meter: Meter | None = None,
    tell: Tell | None = None,
) -> Answered:
    """Build the indexes that are missing, and return the result of `ask`, which searches them.

    Raises what `build_if_missing` and `ask` raise.
    """
    build_missing(several, allowed, meter, tell)
    return ask_again(several, ask, allowed, meter, tell)


def ask_again(
    several: SeveralRoots,
    ask: Callable[[], Answered],
    allowed: bool = True,
    meter: Meter | None = None,
    tell: Tell | None = None,
) -> Answered:
    """Return the result of `ask`; if an index is missing, build it and call `ask` again.

    The update before a search may remove all files of a root from an enclosing index, because the
    rules of that index leave the root out now. The root then gets an index of its own. Raises what
    `ask_indexed` raises.
    """
    while True:
        try:
            return ask()
        except NoIndexError:
            if not build_missing(several, allowed, meter, tell):
                raise


def configured(index: Index) -> tuple[Index, UpdateSettings]:
    """Return an unbuilt index with the settings' model, and the settings for its update.

    Raises `UsageError` for an invalid settings file.
    """
    from codelode.index import Index
    from codelode.settings.effective import BuildSettings

    build = BuildSettings.of(index.root)
    if build.model is not None:
        index = Index.open(index.root, index_dir=index.reader.index_dir, model=build.model)
    return index, cast("UpdateSettings", {**build.walk, **build.processes})


def require(index: Index) -> None:
    """Raise `NoIndexError`, which names the command to build it, if an index does not exist."""
    if not index.exists():
        raise NoIndexError(no_index(index))


def no_index(index: Index) -> str:
    """Return the message that an index does not exist, with the command that builds it."""
    root = index.root
    command = f"lode index {shlex.quote(str(root))}{index_dir_flag(index.reader.index_dir)}"
    return f"no index of {root}: build it with `{command}`"
