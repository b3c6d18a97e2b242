"""Definitions by name or by kind: the local half of the lookup, in the tables of one shard."""

from __future__ import annotations

from functools import partial
from heapq import merge, nsmallest
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.discover.glob import GlobSet
from codelode.search.file_roles import ROLES, roles_of_path
from codelode.search.filters import allowed_files
from codelode.search.near_names import misspelled, most_errors
from codelode.search.symbol_hits import Found, as_hits
from codelode.search.symbol_names import beginning_among, names_beginning
from codelode.search.symbol_query import (
    EXACT,
    FUZZY,
    GLOB,
    MATCHES,
    PREFIX,
    NameQuery,
    SymbolRequest,
    parse_name,
)
from codelode.search.symbols import Stage, SymbolPart
from codelode.search.tree_part import TreePart
from codelode.segment.name_keys import clean_name, name_key
from codelode.text.csr import distinct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from codelode.search.shard import Shard
    from codelode.segment.definition_lookup import (
        DefinitionLookup,
        DefinitionRecord,
        FileFilter,
    )

_ASIDE = sum(1 << bit for bit, role in enumerate(ROLES) if role in ("test", "example", "generated"))

_LOOKED_AT = 2_000
"""The most definitions with a prefix that are looked at in a segment for the right qualifiers."""

_LOOKED_UP = 200
"""Without kinds, this many names, or the limit if it is less, are always looked up one by one."""

_BLOCKS_PER_NAME = 16
_BLOCKS_PER_FILE = 2
"""Reading this many blocks of definitions for their kinds takes as long as looking up one name, or
looking at one file."""


def symbols_in(
    shard: Shard,
    root: Path | None,
    request: SymbolRequest,
    stage: Stage,
    part: TreePart | None = None,
) -> SymbolPart:
    """Return the best definitions of a shard for one `stage` of `find_symbols`.

    With a root, hits in files that have changed are marked. `part`, if given, replaces the
    `below` of the request. The caller holds the snapshot. Raises what `find_symbols` does.
    """
    finder = SymbolFinder(shard, request, part)
    if stage == "listed":
        found = finder.listed()
    else:
        query = parse_name(request.name)
        search = {
            "named": finder.named,
            "beginning": finder.beginning_with,
            "misspelled": finder.misspelled,
        }
        found = iter(search[stage](query))
    return SymbolPart(as_hits(shard, root, islice(found, request.limit)), finder.kinds())


class SymbolFinder:
    """Finds the definitions for a request in a shard. The caller holds the snapshot.

    Every method may raise `DamagedError`; for a forged segment also `LookupError` or `ValueError`.
    """

    def __init__(self, shard: Shard, request: SymbolRequest, part: TreePart | None = None) -> None:
        """Read the filters. Raises `UsageError` for an unknown language or a bad glob."""
        from codelode.discover.language import resolve  # few requests name a language

        self._shard = shard
        self._request = request
        self._languages = frozenset(map(resolve, request.languages or ()))
        self._globs = GlobSet(request.globs or ())
        self._part = part or TreePart((request.below,))
        self._kinds = frozenset(kind.lower() for kind in request.kinds or ())

    def kinds(self) -> frozenset[str]:
        """Return the kinds that occur in the shard; empty if the request names no kinds."""
        if not self._kinds:
            return frozenset()
        return frozenset().union(*(lookup.kinds for _, lookup in self._lookups()))

    def named(self, query: NameQuery) -> list[Found]:
        """Return the definitions of this name, whatever its case and separators, the best first.

        Returns only those whose qualifiers match best; if no qualifiers match, they do not count.
        """
        found: dict[tuple[int, int, int], Found] = {}
        for number, lookup in self._lookups():
            for record in self._having_a_name(number, lookup, query):
                match = self._match(number, record, query)
                if match is None or (self._request.exact and match != (EXACT, 0)):
                    continue
                likeness, distance = match
                order = distance, MATCHES.index(likeness), *self._order(number, record)
                found[number, *record[:2]] = Found(order, number, record, likeness)
        nearest = min((each.order[0] for each in found.values()), default=0)
        best = [each for each in found.values() if each.order[0] == nearest]
        return sorted(best, key=itemgetter(0))

    def beginning_with(self, query: NameQuery) -> Iterator[Found]:
        """Yield the definitions whose names begin with a prefix, in the order of their names.

        If the query is a glob, yields those whose names it matches.
        """
        most = _LOOKED_AT if query.qualifiers else None
        each = (islice(self._beginning(*lookup, query), most) for lookup in self._lookups())
        for key, group in groupby(merge(*each, key=itemgetter(0)), key=itemgetter(0)):
            found = []
            for _, number, record in group:
                name = record.definition.name
                if not query.begins(name, self._request.exact):
                    continue
                if query.distance(*self._whereabouts(number, record), self._request.exact) < 2:
                    names = (_as_text(each) for each in (key, clean_name(name)))
                    order = *names, *self._order(number, record)
                    match = GLOB if query.is_glob else PREFIX
                    found.append(Found(order, number, record, match))
            yield from sorted(found, key=itemgetter(0))

    def misspelled(self, query: NameQuery) -> list[Found]:
        """Return the definitions whose names are one or two typing errors away.

        Returns only the definitions with the fewest errors, in the order of their names.
        """
        if not (most := most_errors(query.name)):
            return []
        found: list[Found] = []
        for number, lookup in self._lookups():
            for name, grade in misspelled(lookup, query.name, most):
                called = lookup.name_table.name(name).decode("utf-8", "replace")
                for record in lookup.named(called, self._filter(number)):
                    parts, path = self._whereabouts(number, record)
                    alike = record.definition.name == called and self._is_wanted(record)
                    if alike and query.distance(parts, path) < 2:
                        order = -grade, called, *self._order(number, record)
                        found.append(Found(order, number, record, FUZZY))
        least = min((each.order[0] for each in found), default=0.0)
        return sorted((each for each in found if each.order[0] == least), key=itemgetter(0))

    def listed(self) -> Iterator[Found]:
        """Yield definitions in the order of paths and lines, reading files only when needed.

        Few files may have definitions of the wanted kinds. So once this has taken about as long as
        reading all blocks of definitions would, all blocks are read, and files without such
        definitions are skipped.
        """
        files: list[tuple[bytes, int, int]] = []
        for number, lookup in self._lookups():
            if self._kinds and self._kinds.isdisjoint(lookup.kinds):
                continue
            segment = self._shard.segment(number)
            rows = self._allowed(number, np.flatnonzero(segment.files["definitions"]))
            paths = self._shard.paths(number, rows)
            mine = zip(paths, [number] * len(paths), rows.tolist(), strict=True)
            files += mine if self._kinds else nsmallest(self._request.limit, mine)
        patience = sum(lookup.blocks for _, lookup in self._lookups()) // _BLOCKS_PER_FILE
        having: set[tuple[int, int]] | None = None
        for looked_at, (path, number, row) in enumerate(sorted(files)):
            if having is None and self._kinds and looked_at > patience:
                having = self._files_of_kinds()
            if having is not None and (number, row) not in having:
                continue
            lookup = self._shard.segment(number).definitions
            if not self._kinds or lookup.has_kinds(row, self._kinds):
                for record in filter(self._is_wanted, lookup.records_of_file(row)):
                    yield Found((_as_text(path), record.place), number, record, None)

    def _files_of_kinds(self) -> set[tuple[int, int]]:
        """Return the segment number and the row of each file with a definition of a wanted kind."""
        found: set[tuple[int, int]] = set()
        for number, lookup in self._lookups():
            rows = distinct(lookup.files_of(lookup.of_kinds(self._kinds)[0])).tolist()
            found.update((number, row) for row in rows)
        return found

    def _lookups(self) -> Iterator[tuple[int, DefinitionLookup]]:
        for number in range(len(self._shard)):
            yield number, self._shard.segment(number).definitions

    def _having_a_name(
        self, number: int, lookup: DefinitionLookup, query: NameQuery
    ) -> Iterator[DefinitionRecord]:
        for name in query.names:
            yield from filter(self._is_wanted, lookup.named(name, self._filter(number)))

    def _beginning(
        self, number: int, lookup: DefinitionLookup, query: NameQuery
    ) -> Iterator[tuple[bytes, int, DefinitionRecord]]:
        """Yield key, segment number and record of each definition whose name may match, by key.

        Names are looked up one by one. But few definitions may pass the filters, so after many
        names, all definitions that pass the filters are found, and then their names are compared.
        """
        least = 0 if self._kinds else min(self._request.limit, _LOOKED_UP)
        most = max(lookup.blocks // _BLOCKS_PER_NAME, least)
        names, at = names_beginning(lookup, query, self._request.exact), 0
        for key, alike in groupby(names, key=lambda each: _key(each[1])):
            same = list(alike)
            if at > most and self._is_filtered:
                yield from self._filtered(number, lookup, query, same[0][0])
                return
            at += len(same)
            for record in filter(self._is_wanted, lookup.named(same[0][1], self._filter(number))):
                yield key, number, record

    def _filtered(
        self, number: int, lookup: DefinitionLookup, query: NameQuery, least: int
    ) -> Iterator[tuple[bytes, int, DefinitionRecord]]:
        """Yield what `_beginning` has left, from name number `least`; filter definitions first."""
        if self._kinds:
            numbers, names = lookup.of_kinds(self._kinds)
            files = lookup.files_of(numbers)
            kept = np.isin(files, self._allowed(number, distinct(files)))
        else:
            rows = np.flatnonzero(self._shard.segment(number).files["definitions"])
            numbers, names = lookup.of_files(self._allowed(number, rows))
            kept = np.ones(len(numbers), bool)
        kept &= names >= least
        if not query.is_glob:
            kept &= names < lookup.numbers_with_prefix(query.name).stop
        numbers, names = numbers[kept], names[kept]
        order = np.argsort(names, kind="stable")
        for same in beginning_among(lookup, query, self._request.exact, names[order]):
            for each in numbers[order[same]].tolist():
                record = lookup.record(each)
                yield _key(record.definition.name), number, record

    @property
    def _is_filtered(self) -> bool:
        """Whether the request names kinds, languages, globs or folders."""
        request = self._request
        return bool(self._kinds or self._languages or request.globs) or not self._part.is_whole

    def _match(
        self, number: int, record: DefinitionRecord, query: NameQuery
    ) -> tuple[str, int] | None:
        whereabouts = self._whereabouts(number, record)
        return query.match(record.definition.name, *whereabouts, exact=self._request.exact)

    def _whereabouts(self, number: int, record: DefinitionRecord) -> tuple[list[str], str]:
        """Return the parts of the qualified name of a definition, and the path of its file."""
        definitions = self._shard.segment(number).definitions
        parts = definitions.name_parts(record.file, record.place)
        return parts, self._shard.path(number, record.file)

    def _order(self, number: int, record: DefinitionRecord) -> tuple[bool, bool, str, int]:
        """Return a sort key: declarations come after definitions.

        Within each group, those in tests, examples and the like come last.
        """
        path = self._shard.path(number, record.file)
        aside = bool(roles_of_path(path.encode("utf-8", "surrogateescape")) & _ASIDE)
        return record.definition.declaration, aside, path, record.place

    def _is_wanted(self, record: DefinitionRecord) -> bool:
        return not self._kinds or record.definition.kind in self._kinds

    def _filter(self, number: int) -> FileFilter:
        return partial(self._allowed, number)

    def _allowed(self, number: int, files: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the live files among `files` of a segment that pass the filters."""
        live = self._shard.snapshot.segments[number]
        return allowed_files(live, files, self._languages, self._globs, self._part)


def _key(name: str) -> bytes:
    return name_key(clean_name(name))


def _as_text(key: bytes) -> str:
    """Return a key as text of the same order: sort keys are sent to other machines as JSON."""
    return key.decode("latin-1")
