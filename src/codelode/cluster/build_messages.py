"""The request for a build of a repository, and its outcome."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from codelode.discover.slices import Slice
from codelode.roster.records import Identity, Repository


@dataclass(frozen=True, slots=True)
class Source:
    """A repository to build: its name, the place of its source, and its label or ""."""

    name: str
    place: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """The roster that a task uploads to, and the limits of the task.

    The task may use `cores` cores, `max_memory` bytes of memory and `max_disk` bytes of disk space.
    A tree with more than `slice_size` bytes of files is cut into slices.
    """

    roster: str
    cores: int
    max_memory: int
    max_disk: int
    slice_size: int


@dataclass(frozen=True, slots=True)
class Built:
    """The outcome of one task: the `repository` to commit, the `slices` to build, or a `problem`.

    `repository` has only the files of a slice, if the task built one. `commit` is the commit of a
    git URL from which all `slices` are to be built. `deaths` is the number of tasks that died and
    were tried again. `peak_bytes` is the peak memory of the processes of the task. For a repository
    with several tasks, `seconds` is the sum and `peak_bytes` the largest.
    """

    name: str
    repository: Repository | None = None
    slices: tuple[Slice, ...] = ()
    commit: str = ""
    problem: str = ""
    seconds: float = 0.0
    peak_bytes: int = 0
    deaths: int = 0

    @property
    def files(self) -> int:
        """The number of indexed files."""
        return 0 if self.repository is None else self.repository.files


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """The request to the process of a task: build a source, or a slice of it, in a folder.

    `before` is the digest of the manifest that the roster has now, or "". The segments that this
    manifest names are not uploaded again. `commit` is the commit of a git URL to build; "" stands
    for the newest.
    """

    source: Source
    options: TaskOptions
    folder: str
    before: str = ""
    slice: Slice | None = None
    commit: str = ""

    def pack(self) -> dict[str, Any]:
        """Return the request as JSON."""
        return asdict(self)

    @classmethod
    def unpack(cls, fields: dict[str, Any]) -> Self:
        """Return the request that JSON holds."""
        cut = fields["slice"]
        return cls(
            Source(**fields["source"]),
            TaskOptions(**fields["options"]),
            fields["folder"],
            fields["before"],
            None if cut is None else Slice(**cut),
            fields["commit"],
        )


def pack_repository(repository: Repository) -> dict[str, Any]:
    """Return a repository as JSON."""
    return {**asdict(repository), "identity": list(repository.identity)}


def unpack_repository(fields: dict[str, Any]) -> Repository:
    """Return the repository that JSON holds."""
    return Repository(**{**fields, "identity": Identity(*fields["identity"])})
