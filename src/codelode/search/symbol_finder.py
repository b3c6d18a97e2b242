"""`SymbolFinder`: finds the definitions for a request in the tables of several indexes."""

from __future__ import annotations

from functools import partial
from heapq import merge, nsmallest
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codelode.discover.glob import GlobSet
from codelode.errors import UsageError
from codelode.search.file_roles import ROLES, roles_of_path
from codelode.search.filters import allowed_files
from codelode.search.near_names import misspelled, most_errors
from codelode.search.symbol_query import EXACT, FUZZY, MATCHES, PREFIX, NameQuery, SymbolRequest
from codelode.search.tree_part import WHOLE, TreePart
from codelode.segment.name_keys import clean_name, name_key
from codelode.text.csr import distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.search.shard import Shard
    from codelode.search.source import Source
    from codelode.segment.definition_lookup import (
        DefinitionLookup,
        DefinitionRecord,
        FileFilter,
    )

_COMMON_KINDS = frozenset("class constant enum function interface macro method struct type".split())
"""Kinds that may be asked for even where no definition has them."""

_ASIDE = sum(1 << bit for bit, role in enumerate(ROLES) if role in ("test", "example", "generated"))

_LOOKED_AT = 2_000
"""The most definitions with a prefix that are looked at for those with the right qualifiers."""

_READ_TOGETHER = 16
"""Reading all blocks of definitions for their kinds takes as long as looking up one name, or the
definitions of one file, for each so many blocks."""


class Found(NamedTuple):
    """A definition on its way to a hit; `order` sorts the definitions of an answer.

    `source` is the number of its source, and `segment` the number of its segment in the shard.
    """

    order: tuple[Any, ...]
    source: int
    segment: int
    record: DefinitionRecord
    match: str | None


class _Table(NamedTuple):
    """The definitions of one segment of one source."""

    source: int
    number: int
    shard: Shard
    part: TreePart

    @property
    def lookup(self) -> DefinitionLookup:
        return self.shard.segment(self.number).definitions

    def found(self, order: tuple[Any, ...], record: DefinitionRecord, match: str | None) -> Found:
        return Found(order, self.source, self.number, record, match)

    def path(self, record: DefinitionRecord) -> str:
        return self.shard.path(self.number, record.file)


class SymbolFinder:
    """Finds the definitions for a request in some sources. The caller holds their snapshots.

    Every method may raise `DamagedError`; for a forged segment also `LookupError` or `ValueError`.
    """

    def __init__(self, sources: Sequence[Source], request: SymbolRequest) -> None:
        """Read the filters. Raises `UsageError` for an unknown language or a bad glob."""
        from codelode.discover.language import resolve  # few requests name a language

        self._tables = [
            _Table(origin, number, source.shard, source.part or WHOLE)
            for origin, source in enumerate(sources)
            for number in range(len(source.shard))
        ]
        self._request = request
        self._languages = frozenset(map(resolve, request.languages or ()))
        self._globs = GlobSet(request.globs or ())
        self._kinds = frozenset(kind.lower() for kind in request.kinds or ())

    def check_kinds(self) -> None:
        """Raise `UsageError` for a kind that is unknown."""
        if not self._kinds:
            return
        known = _COMMON_KINDS.union(*(table.lookup.kinds for table in self._tables))
        for kind in sorted(self._kinds - known):
            from difflib import get_close_matches

            near = get_close_matches(kind, known, 1)
            advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
            raise UsageError(f"unknown kind {kind!r}: {advice}")

    def named(self, query: NameQuery) -> list[Found]:
        """Return the definitions of this name, in any case and however joined, the best first.

        Returns only those whose qualifiers match best. If none match, any qualifiers will do.
        """
        found: dict[tuple[int, int, int, int], Found] = {}
        for table in self._tables:
            for record in self._having_a_name(table, query):
                match = query.match(record.definition.name, *_whereabouts(table, record))
                if match is None or (self._request.exact and match != (EXACT, 0)):
                    continue
                likeness, distance = match
                order = distance, MATCHES.index(likeness), *_order(table, record)
                each = table.found(order, record, likeness)
                found[table.source, table.number, record.file, record.place] = each
        nearest = min((each.order[0] for each in found.values()), default=0)
        best = [each for each in found.values() if each.order[0] == nearest]
        return sorted(best, key=itemgetter(0))

    def beginning_with(self, query: NameQuery) -> Iterator[Found]:
        """Yield the definitions whose names begin with a prefix, in the order of their names."""
        each = (self._with_prefix(table, query.name) for table in self._tables)
        together = merge(*each, key=itemgetter(0))
        looked_at = islice(together, _LOOKED_AT if query.qualifiers else None)
        for _, group in groupby(looked_at, key=itemgetter(0)):
            found = []
            for _, table, record in group:
                name = record.definition.name
                if self._request.exact and not name.startswith(query.name):
                    continue
                if query.begins(name) and query.distance(*_whereabouts(table, record)) < 2:
                    order = clean_name(name), *_order(table, record)
                    found.append(table.found(order, record, PREFIX))
            yield from sorted(found, key=itemgetter(0))

    def misspelled(self, query: NameQuery) -> list[Found]:
        """Return the definitions whose names are one or two typing errors away, the nearest first.

        Returns only those with the fewest errors.
        """
        if not (most := most_errors(query.name)):
            return []
        found: list[Found] = []
        for table in self._tables:
            lookup = table.lookup
            for name, grade in misspelled(lookup, query.name, most):
                called = lookup.name_table.name(name).decode("utf-8", "replace")
                for record in lookup.named(called, self._filter(table)):
                    alike = record.definition.name == called and self._is_wanted(record)
                    if alike and query.distance(*_whereabouts(table, record)) < 2:
                        order = -grade, called, *_order(table, record)
                        found.append(table.found(order, record, FUZZY))
        least = min((each.order[0] for each in found), default=0.0)
        return sorted((each for each in found if each.order[0] == least), key=itemgetter(0))

    def listed(self) -> Iterator[Found]:
        """Yield definitions in the order of paths and lines, reading files only when needed.

        After about the time of reading all blocks of definitions, only files that have the wanted
        kinds are read.
        """
        files: list[tuple[bytes, int, int]] = []
        for at, table in enumerate(self._tables):
            if self._kinds and self._kinds.isdisjoint(table.lookup.kinds):
                continue
            rows = np.flatnonzero(table.shard.segment(table.number).files["definitions"])
            rows = self._allowed(table, rows)
            paths = table.shard.paths(table.number, rows)
            mine = zip(paths, [at] * len(paths), rows.tolist(), strict=True)
            files += mine if self._kinds else nsmallest(self._request.limit, mine)
        patience = sum(table.lookup.blocks for table in self._tables) // _READ_TOGETHER
        having: set[tuple[int, int]] | None = None
        for looked_at, (_, at, row) in enumerate(sorted(files)):
            if having is None and self._kinds and looked_at > patience:
                having = self._files_of_kinds()
            if having is not None and (at, row) not in having:
                continue
            table = self._tables[at]
            if not self._kinds or table.lookup.has_kinds(row, self._kinds):
                for record in filter(self._is_wanted, table.lookup.records_of_file(row)):
                    yield table.found((), record, None)

    def _files_of_kinds(self) -> set[tuple[int, int]]:
        """Return table and row of each file that has a definition of the wanted kinds."""
        found: set[tuple[int, int]] = set()
        for at, table in enumerate(self._tables):
            numbers, _ = table.lookup.of_kinds(self._kinds)
            rows = distinct(table.lookup.files_of(numbers)).tolist()
            found.update((at, row) for row in rows)
        return found

    def _having_a_name(self, table: _Table, query: NameQuery) -> Iterator[DefinitionRecord]:
        for name in query.names:
            yield from filter(self._is_wanted, table.lookup.named(name, self._filter(table)))

    def _with_prefix(
        self, table: _Table, prefix: str
    ) -> Iterator[tuple[bytes, _Table, DefinitionRecord]]:
        """Yield key, table and definition for the names with a prefix, in key order.

        Few definitions may have the wanted kinds. So after about the time of reading all blocks of
        definitions, names are no longer looked up one by one, but only for the right kinds.
        """
        lookup = table.lookup
        names = lookup.numbers_with_prefix(prefix)
        at = names.start
        most = lookup.blocks // _READ_TOGETHER if self._kinds else len(names)
        for key, alike in groupby(lookup.names_with_prefix(prefix), key=_key):
            if at - names.start > most:
                break
            same = list(alike)
            at += len(same)
            for record in filter(self._is_wanted, lookup.named(same[0], self._filter(table))):
                yield key, table, record
        else:
            return
        numbers, owns = lookup.of_kinds(self._kinds, range(at, names.stop))
        files = lookup.files_of(numbers)
        kept = np.isin(files, self._allowed(table, distinct(files)))
        for each in numbers[kept][np.argsort(owns[kept], kind="stable")].tolist():
            record = lookup.record(each)
            yield _key(record.definition.name), table, record

    def _is_wanted(self, record: DefinitionRecord) -> bool:
        return not self._kinds or record.definition.kind in self._kinds

    def _filter(self, table: _Table) -> FileFilter:
        return partial(self._allowed, table)

    def _allowed(self, table: _Table, files: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the live files among `files` of a segment that pass the filters."""
        live = table.shard.snapshot.segments[table.number]
        return allowed_files(live, files, self._languages, self._globs, table.part)


def _whereabouts(table: _Table, record: DefinitionRecord) -> tuple[list[str], str]:
    """Return the parts of the qualified name of a definition, and the path of its file."""
    return table.lookup.name_parts(record.file, record.place), table.path(record)


def _order(table: _Table, record: DefinitionRecord) -> tuple[bool, bool, str, int]:
    """Return a sort key: declarations after definitions; tests, examples and the like later."""
    path = table.path(record)
    aside = bool(roles_of_path(path.encode("utf-8", "surrogateescape")) & _ASIDE)
    return record.definition.declaration, aside, path, record.place


def _key(name: str) -> bytes:
    return name_key(clean_name(name))
