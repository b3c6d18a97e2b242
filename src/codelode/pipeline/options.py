"""The options of an update."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypedDict

from codelode import arguments
from codelode.discover.options import RECORDED
from codelode.discover.slices import Slice
from codelode.system.cpu import available_cores
from codelode.types import Skip

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""One path, or several."""


class Progress(Protocol):
    """A listener to the progress of an update; both methods are called often and must be cheap."""

    def found(self, files: int, size: int) -> None:
        """Count files that have to be read; `size` is their total in bytes."""

    def indexed(self, files: int, size: int) -> None:
        """Count files that are done; `size` is their total in bytes."""


class UpdateSettings(TypedDict, total=False):
    """The keyword arguments of `Index.update`, where they are documented."""

    jobs: int | None
    hidden: bool | None
    no_ignore: bool | None
    installed: bool | None
    secrets: bool | None
    max_file_size: int | None
    max_memory: int | None
    rebuild: bool
    wait: float
    on_wait: Callable[[str], None] | None
    on_skip: Callable[[Skip], None] | None
    progress: Progress | None
    profile: bool
    trace: str | os.PathLike[str] | None


@dataclass(frozen=True, slots=True)
class UpdateOptions:
    """The arguments of `Index.update`, checked. `paths` is None for the whole tree.

    `hidden`, `no_ignore`, `installed`, `secrets` and `max_file_size` are None where not given.
    """

    paths: tuple[Path, ...] | None
    jobs: int
    hidden: bool | None
    no_ignore: bool | None
    installed: bool | None
    secrets: bool | None
    max_file_size: int | None
    max_memory: int | None
    rebuild: bool
    wait: float
    on_wait: Callable[[str], None] | None
    on_skip: Callable[[Skip], None] | None
    progress: Progress | None
    profile: bool
    trace: Path | None
    merged_chunks: int | None = None
    """The most chunks that compaction merges afterwards; None for what compaction chooses."""
    slice: Slice = field(default_factory=Slice)
    """The files to index, for an index that is joined with those of the other slices."""

    @classmethod
    def of(cls, paths: Paths | None, given: UpdateSettings) -> UpdateOptions:
        """Check the arguments of an update.

        Raises `UsageError` for a value of a wrong type, `TypeError` for an unknown name.
        """
        for name in given:
            if name not in UpdateSettings.__annotations__:
                raise TypeError(f"update() got an unexpected keyword argument {name!r}")
        trace = given.get("trace")
        return cls(
            paths=None if paths is None else arguments.paths("paths", paths),
            jobs=_at_least_one("jobs", given.get("jobs")) or available_cores(),
            hidden=given.get("hidden"),  # `WalkOptions` checks these five
            no_ignore=given.get("no_ignore"),
            installed=given.get("installed"),
            secrets=given.get("secrets"),
            max_file_size=given.get("max_file_size"),
            max_memory=_at_least_one("max_memory", given.get("max_memory")),
            rebuild=arguments.flag("rebuild", given.get("rebuild", False)),
            wait=arguments.seconds("wait", given.get("wait", 0.0)),
            on_wait=arguments.function("on_wait", given.get("on_wait")),
            on_skip=arguments.function("on_skip", given.get("on_skip")),
            progress=_listener(given.get("progress")),
            profile=arguments.flag("profile", given.get("profile", False)),
            trace=None if trace is None else arguments.path("trace", trace),
        )

    def walk_options(self) -> dict[str, bool | int]:
        """Return the options of the walk that were given."""
        given = {name: getattr(self, name) for name in RECORDED}
        return {name: value for name, value in given.items() if value is not None}


def _at_least_one(name: str, value: int | None) -> int | None:
    return None if value is None else arguments.whole_number(name, value, least=1)


def _listener(progress: Progress | None) -> Progress | None:
    if progress is not None:
        arguments.has("progress", progress, "a `Progress`", ("found", "indexed"))
    return progress
