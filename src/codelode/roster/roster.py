"""A roster as readers see it: one generation, and selections of its repositories.

    roster = Roster.open("s3://bucket/code")
    selection = roster.select(globs=["acme/*"], labels=["staff"]).having(["python"])
    selection.chunks, selection.tokens, selection.identity()     # for statistics and the model
    for repository in selection:                                 # name, prefix, label, totals
        manifest = roster.manifest(repository)                   # checked against the totals
        for entry, digest in manifest:                           # `store.manifest.SegmentEntry`
            segment_key(digest)                                  # its object in `roster.store`

To search a selection is to search shards that hold its segments, with the totals of the selection
as statistics (see `opened`). Each segment is below the prefix of its repository
(`search.shard.Shard`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.discover.glob import GlobSet
from codelode.errors import DamagedError, MismatchError, NoIndexError, NoObjectError
from codelode.objects.generations import Generation, Generations, digest_of
from codelode.objects.urls import open_object_store
from codelode.roster.decode import decode_table
from codelode.roster.manifest import (
    ADVICE,
    GENERATIONS,
    RepositoryManifest,
    decode_repository_manifest,
    repository_key,
)
from codelode.roster.names import check_label
from codelode.roster.records import Identity

if TYPE_CHECKING:
    import os
    from typing import Self

    from codelode.objects.store import ObjectStore
    from codelode.roster.records import Repository
    from codelode.roster.table import RosterTable


class Roster:
    """One generation of a roster. It never changes; `newer` returns a later one."""

    def __init__(self, generations: Generations, generation: Generation) -> None:
        """Decode a generation. Callers use `open` or `of`. Raises `DamagedError`, `FormatError`."""
        self.store: ObjectStore = generations.store
        self.table: RosterTable = decode_table(generation.body)
        self._generations = generations
        self._generation = generation

    @classmethod
    def open(cls, url: str | os.PathLike[str]) -> Self:
        """Open the newest generation of the roster at a URL or in a folder.

        Raises `NoIndexError` if there is none, `UsageError`, `ObjectStoreError`, `DamagedError`.
        """
        return cls.of(open_object_store(url))

    @classmethod
    def of(cls, store: ObjectStore) -> Self:
        """Open the newest generation of the roster in a store. Raises what `open` does."""
        generations = Generations(store, GENERATIONS)
        newest = generations.newest()
        if newest is None:
            raise NoIndexError(f"no roster in {store.place}: `lode roster add` makes one")
        return cls(generations, newest)

    @property
    def place(self) -> str:
        """The URL or the path of the roster."""
        return self.store.place

    @property
    def number(self) -> int:
        """The number of this generation. It counts commits to hidden repositories, too."""
        return self._generation.number

    def newer(self) -> Self:
        """Return the newest generation: this object if there is no newer one."""
        newest = self._generations.newest(self._generation)
        if newest is None or newest.number == self.number:
            return self
        return type(self)(self._generations, newest)

    def everything(self) -> Selection:
        """Return all repositories, whatever their labels: for operators of the roster."""
        return Selection(self, np.arange(len(self.table)))

    def select(self, globs: Sequence[str] = (), labels: Collection[str] = ()) -> Selection:
        """Return the repositories that match `globs` and that a user with `labels` may see.

        A repository is visible if it has no label, or one of `labels`. Whether it is selected does
        not depend on other repositories. Globs work as in `lode search -g`, but on names: the last
        one that matches decides, one with `!` in front excludes, and one that matches a folder
        covers what is below it. Raises `UsageError` for a bad glob or label.
        """
        granted = {"", *map(check_label, labels)}
        wanted = np.array([label in granted for label in self.table.labels], bool)
        rows = np.flatnonzero(wanted[self.table.rows["label"]])
        return Selection(self, rows).matching(globs)

    def manifest(self, repository: Repository) -> RepositoryManifest:
        """Fetch the manifest of a repository.

        Raises `DamagedError` if its digest or its totals are not the recorded ones; also raises
        `FormatError` and `ObjectStoreError`.
        """
        try:
            data = self.store.get(repository_key(repository.manifest))
        except NoObjectError:
            raise DamagedError(f"the manifest of {repository.name} is missing", ADVICE) from None
        return check_manifest(repository, data)


def check_manifest(repository: Repository, data: bytes) -> RepositoryManifest:
    """Decode the manifest of a repository. Raises `DamagedError` if it is not the recorded one."""
    if digest_of(data) != repository.manifest:
        raise DamagedError(f"the manifest of {repository.name} is damaged: wrong checksum", ADVICE)
    found = decode_repository_manifest(data)
    manifest = found.manifest
    same = (
        len(manifest.segments) == repository.segments
        and Identity.of(manifest) == repository.identity
        and all(
            getattr(manifest, name) == getattr(repository, name)
            for name in ("generation", "files", "chunks", "tokens", "index_bytes")
        )
    )
    if not same:
        raise DamagedError(f"the manifest of {repository.name} has other totals", ADVICE)
    return found


@dataclass(frozen=True, eq=False)
class Selection:
    """Some repositories of a roster: `rows` int64[n] of the roster's table, ascending.

    Counts and statistics cover these repositories alone, whatever else the roster holds.
    """

    roster: Roster
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Repository]:
        return map(self.roster.table.repository, self.rows.tolist())

    @property
    def files(self) -> int:
        """The number of live files with text."""
        return self._sum("files")

    @property
    def chunks(self) -> int:
        """The number of live chunks."""
        return self._sum("chunks")

    @property
    def tokens(self) -> int:
        """The number of terms in all live chunks; a repeated term counts each time."""
        return self._sum("tokens")

    @property
    def index_bytes(self) -> int:
        """The size of all segments in bytes; a segment counts for every repository that has it."""
        return self._sum("index_bytes")

    @property
    def generation(self) -> int:
        """The highest generation of the indexes; 0 if there are none."""
        return int(self._column("generation").max(initial=0))

    @property
    def complete(self) -> bool:
        """Whether every index covers its whole tree."""
        return bool(self._column("complete").all())

    @property
    def updated(self) -> int:
        """The latest `updated` of the repositories, in seconds since the epoch."""
        return int(self._column("updated").max(initial=0))

    def matching(self, globs: Sequence[str]) -> Selection:
        """Return the repositories that `globs` select; all without globs. Raises `UsageError`."""
        wanted = GlobSet(globs)
        if not wanted:
            return self
        names = self.roster.table.encoded_names
        matches = wanted.matching(names[row] for row in self.rows.tolist())
        return Selection(self.roster, self.rows[np.fromiter(matches, bool, len(self.rows))])

    def named(self, names: Iterable[str]) -> Selection:
        """Return the repositories of this selection whose names are among `names`."""
        found = [self.roster.table.find(name) for name in names]
        rows = np.array(sorted(row for row in found if row is not None), np.int64)
        return Selection(self.roster, rows[np.isin(rows, self.rows)])

    def having(self, languages: Collection[str]) -> Selection:
        """Return the repositories with live files in at least one of `languages`, given by name.

        The other repositories are neither searched nor counted. Returns all if no languages are
        given.
        """
        if not languages:
            return self
        table = self.roster.table
        numbers = [number for number, name in enumerate(table.languages) if name in languages]
        known = np.isin(table.language_rows["language"], numbers)
        known &= table.language_rows["files"] > 0
        before = np.concatenate(([0], np.cumsum(known)))[table.language_starts]
        return Selection(self.roster, self.rows[(before[1:] > before[:-1])[self.rows]])

    def identity(self) -> Identity | None:
        """Return the model, quantizer and tokenizer of all indexes; None if there are no indexes.

        Raises `MismatchError` if they differ: such indexes cannot be searched together.
        """
        table = self.roster.table
        numbers, firsts = np.unique(self._column("identity"), return_index=True)
        found = [table.identities[number] for number in numbers.tolist()]
        for other, first in zip(found[1:], firsts[1:].tolist(), strict=True):
            for name in ("fingerprint", "dimensions", "quantizer", "tokenizer"):
                if getattr(other, name) != getattr(found[0], name):
                    one, two = (table.names[self.rows[row]] for row in (int(firsts[0]), first))
                    thing = "model" if name in ("fingerprint", "dimensions") else name
                    raise MismatchError(
                        f"{one} and {two} were indexed with different {thing}s: search them apart"
                        " (-r), or index one of them again"
                    )
        return found[0] if found else None

    def _column(self, name: str) -> NDArray[np.int64]:
        column: NDArray[np.int64] = self.roster.table.rows[name][self.rows]
        return column

    def _sum(self, name: str) -> int:
        return int(self._column(name).sum())
