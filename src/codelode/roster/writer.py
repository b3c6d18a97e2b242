"""Commits to a roster. Any number of writers may add, update and remove at the same time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.errors import UsageError
from codelode.objects.generations import Generations
from codelode.objects.urls import open_object_store
from codelode.roster.decode import MAX_REPOSITORIES, decode_table
from codelode.roster.manifest import GENERATIONS
from codelode.roster.names import check_label, check_name, folders_of
from codelode.roster.table import RosterTable

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from typing import Self

    from codelode.objects.generations import Generation
    from codelode.objects.store import ObjectStore
    from codelode.roster.records import Repository

    Change = Callable[[RosterTable], RosterTable]


class RosterWriter:
    """Changes the roster in a store.

    A change touches the table, and no objects of other repositories. If another writer was faster,
    the change is applied again to the newest table, so no change is lost. Methods return the
    generation committed, or the newest if nothing changed; they raise `UsageError` for a change
    that makes no sense in the newest table, `DamagedError`, and what `Generations.commit` raises.
    """

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.generations = Generations(store, GENERATIONS)

    @classmethod
    def open(cls, url: str | os.PathLike[str]) -> Self:
        """Return a writer for the roster at a URL or in a folder, which need not exist yet."""
        return cls(open_object_store(url))

    def check(self, name: str, label: str, exists: bool) -> None:
        """Raise `UsageError` for an invalid name or label, or a name that is taken.

        With `exists`, the name must be the name of a repository instead.
        """
        check_name(name)
        check_label(label)
        table = self.table()
        if exists:
            _existing(table, name)
        else:
            _check_new(table, name)

    def add(self, repositories: Sequence[Repository]) -> Generation | None:
        """Add repositories, all in one commit. None of them may be in the roster yet."""
        names = {check_name(each.name) for each in repositories}
        for each in repositories:
            check_label(each.label)
            if len(names) < len(repositories) or not names.isdisjoint(folders_of(each.name)):
                raise UsageError("a repository is given twice, or lies in another")

        def change(table: RosterTable) -> RosterTable:
            for each in repositories:
                _check_new(table, each.name)
            if len(table) + len(repositories) > MAX_REPOSITORIES:
                raise UsageError(f"a roster has at most {MAX_REPOSITORIES:,} repositories")
            return table.with_repositories(repositories) if repositories else table

        return self._commit(change)

    def update(
        self, repositories: Sequence[Repository], label: str | None = None
    ) -> Generation | None:
        """Replace repositories, all in one commit. They keep their labels unless one is given."""
        if label is not None:
            check_label(label)

        def change(table: RosterTable) -> RosterTable:
            changed = []
            for each in repositories:
                old = _existing(table, each.name)
                new = replace(each, label=old.label if label is None else label)
                if replace(new, updated=old.updated) != old:
                    changed.append(new)
            return table.with_repositories(changed) if changed else table

        return self._commit(change)

    def relabel(self, name: str, label: str) -> Generation | None:
        """Give a repository another label; "" lets everybody see it."""
        check_label(label)

        def change(table: RosterTable) -> RosterTable:
            old = _existing(table, name)
            if old.label == label:
                return table
            return table.with_repositories([replace(old, label=label)])

        return self._commit(change)

    def remove(self, names: Sequence[str]) -> Generation | None:
        """Remove repositories, all in one commit."""

        def change(table: RosterTable) -> RosterTable:
            for name in names:
                _existing(table, name)
            return table.without(names)

        return self._commit(change)

    def table(self) -> RosterTable:
        """Return the newest table; an empty one if there is no roster yet."""
        return _table_of(self.generations.newest())

    def _commit(self, change: Change) -> Generation | None:
        def body(newest: Generation | None) -> bytes | None:
            table = _table_of(newest)
            changed = change(table)
            return None if changed is table else changed.encode()

        return self.generations.commit(body)


def _table_of(generation: Generation | None) -> RosterTable:
    return RosterTable() if generation is None else decode_table(generation.body)


def _existing(table: RosterTable, name: str) -> Repository:
    row = table.find(name)
    if row is None:
        raise UsageError(f"the roster has no repository {name}: `lode roster add` adds one")
    return table.repository(row)


def _check_new(table: RosterTable, name: str) -> None:
    """Raise `UsageError` if a name is taken, lies in another (as `a/b` in `a`), or holds one."""
    if table.find(name) is not None:
        raise UsageError(
            f"the roster has a repository {name} already: `lode roster update` replaces it"
        )
    inner = table.first_inside(name)
    outer = next((each for each in folders_of(name) if table.find(each) is not None), None)
    if inner is not None or outer is not None:
        one, other = (name, outer) if outer is not None else (inner, name)
        raise UsageError(
            f"the repository {one} would lie in the repository {other}: choose another name"
        )
