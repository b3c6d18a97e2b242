"""The table of the repositories of a roster: one compact file, read as columns.

A container (`segment.container`) with four sections:

names      the names, ascending by code points, separated by line feeds
rows       one `ROW` per name
languages  one `LANGUAGE_ROW` per language of each repository, in the order of the rows
tables     JSON: the labels, identities and languages that rows refer to by number

Opening a table checks all of it: 10,000 repositories take about 10 ms. A change to a table makes
a new one, with copies of the columns.
"""

from __future__ import annotations

import io
import json
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from codelode.lazy import cached_property
from codelode.roster.records import Identity, Repository
from codelode.segment.container import write_segment
from codelode.text.csr import ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNTS = ("generation", "updated", "segments", "files", "chunks", "tokens", "text_bytes")
ROW = np.dtype(
    [
        ("manifest", "u1", (32,)),
        *((name, "<i8") for name in COUNTS),
        ("index_bytes", "<i8"),
        ("label", "<u4"),  # index in "labels"
        ("identity", "<u4"),  # index in "identities"
        ("languages", "<u4"),  # how many rows the repository has in the section "languages"
        ("complete", "<u4"),  # 1 or 0
    ]
)
LANGUAGE_ROW = np.dtype([("language", "<u4"), ("files", "<u4")])
NUMBERS = (*COUNTS, "index_bytes")
"""The columns of `ROW` that are totals or times."""

SECTIONS = ("names", "rows", "languages", "tables")


@dataclass(frozen=True, eq=False)
class RosterTable:
    """n repositories, ascending by name: `rows` ROW[n], `language_rows` LANGUAGE_ROW[m].

    The rows refer to `labels`, `identities` and `languages` by number.
    """

    names: Sequence[str] = ()
    rows: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, ROW))
    language_rows: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, LANGUAGE_ROW))
    labels: tuple[str, ...] = ()
    identities: tuple[Identity, ...] = ()
    languages: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def language_starts(self) -> NDArray[np.int64]:
        """The start of each repository's language rows, then the end of the last: int64[n + 1]."""
        return np.concatenate(([0], np.cumsum(self.rows["languages"], dtype=np.int64)))

    @cached_property
    def encoded_names(self) -> list[bytes]:
        """The names as bytes, for globs."""
        return "\n".join(self.names).encode().split(b"\n") if self.names else []

    def find(self, name: str) -> int | None:
        """Return the row of a repository, or None."""
        at = bisect_left(self.names, name)
        return at if at < len(self.names) and self.names[at] == name else None

    def first_inside(self, name: str) -> str | None:
        """Return the first repository name below the folder `name`, or None."""
        at = bisect_left(self.names, f"{name}/")
        inside = at < len(self.names) and self.names[at].startswith(f"{name}/")
        return self.names[at] if inside else None

    def repository(self, row: int) -> Repository:
        """Return the entry of the repository in a row of the table."""
        record = self.rows[row]
        first, stop = self.language_starts[row : row + 2].tolist()
        return Repository(
            name=self.names[row],
            label=self.labels[record["label"]],
            manifest=record["manifest"].tobytes().hex(),
            complete=bool(record["complete"]),
            identity=self.identities[record["identity"]],
            languages={
                self.languages[number]: files
                for number, files in self.language_rows[first:stop].tolist()
            },
            **{name: int(record[name]) for name in NUMBERS},
        )

    def __iter__(self) -> Iterator[Repository]:
        return map(self.repository, range(len(self)))

    def manifests(self) -> set[str]:
        """Return the digests of the manifests of all repositories."""
        return {row.tobytes().hex() for row in self.rows["manifest"]}

    def with_repositories(self, repositories: Collection[Repository]) -> RosterTable:
        """Return the table with repositories added; each replaces the one with the same name."""
        by_name = {each.name: each for each in repositories}
        new, kept = _table_of(by_name.values()), self.without(by_name)
        labels, label = _joined(kept.labels, new.labels)
        identities, identity = _joined(kept.identities, new.identities)
        languages, language = _joined(kept.languages, new.languages)
        new.rows["label"] = label[new.rows["label"]]
        new.rows["identity"] = identity[new.rows["identity"]]
        new.language_rows["language"] = language[new.language_rows["language"]]
        names = [*kept.names, *new.names]
        order = sorted(range(len(names)), key=names.__getitem__)
        rows = np.concatenate((kept.rows, new.rows))
        language_rows = np.concatenate((kept.language_rows, new.language_rows))
        return RosterTable(
            [names[row] for row in order],
            rows[order],
            language_rows[_places(rows["languages"], order)],
            labels,
            identities,
            languages,
        )

    def without(self, names: Iterable[str]) -> RosterTable:
        """Return the table without some repositories, which need not be in it."""
        found = {row for name in names if (row := self.find(name)) is not None}
        if not found:
            return self
        order = [row for row in range(len(self)) if row not in found]
        return replace(
            self,
            names=[self.names[row] for row in order],
            rows=self.rows[order],
            language_rows=self.language_rows[_places(self.rows["languages"], order)],
        )

    def encode(self) -> bytes:
        """Return the bytes of the table; tables of equal repositories have equal bytes."""
        table = self._settled()
        tables = {
            "labels": table.labels,
            "identities": table.identities,
            "languages": table.languages,
        }
        sink = io.BytesIO()
        pieces = ("\n".join(table.names).encode(), table.rows, table.language_rows)
        sections = [[piece] for piece in (*pieces, json.dumps(tables).encode())]
        write_segment(sink, dict(zip(SECTIONS, sections, strict=True)))
        return sink.getvalue()

    def _settled(self) -> RosterTable:
        """Return the table with sorted labels, identities and languages, without unused ones."""
        rows, language_rows = self.rows.copy(), self.language_rows.copy()
        labels, rows["label"] = _in_use(self.labels, rows["label"])
        identities, rows["identity"] = _in_use(self.identities, rows["identity"])
        languages, language_rows["language"] = _in_use(self.languages, language_rows["language"])
        return replace(
            self,
            rows=rows,
            language_rows=language_rows,
            labels=labels,
            identities=identities,
            languages=languages,
        )


_T = TypeVar("_T", str, Identity)


def _table_of(repositories: Collection[Repository]) -> RosterTable:
    """Return a table of repositories with different names."""
    ordered = sorted(repositories, key=lambda each: each.name)
    labels = sorted({each.label for each in ordered})
    identities = sorted({each.identity for each in ordered})
    languages = sorted({name for each in ordered for name in each.languages})
    number = {name: place for place, name in enumerate(languages)}
    rows = np.zeros(len(ordered), ROW)
    for row, each in zip(rows, ordered, strict=True):
        row["manifest"] = np.frombuffer(bytes.fromhex(each.manifest), np.uint8)
        for name in NUMBERS:
            row[name] = getattr(each, name)
        row["label"] = labels.index(each.label)
        row["identity"] = identities.index(each.identity)
        row["languages"], row["complete"] = len(each.languages), each.complete
    pairs = [
        (number[name], files) for each in ordered for name, files in sorted(each.languages.items())
    ]
    return RosterTable(
        [each.name for each in ordered],
        rows,
        np.array(pairs, LANGUAGE_ROW),
        tuple(labels),
        tuple(identities),
        tuple(languages),
    )


def _joined(
    values: tuple[_T, ...], new: tuple[_T, ...]
) -> tuple[tuple[_T, ...], NDArray[np.uint32]]:
    """Return the union of `values` and `new`, and the index of each of `new` in it, uint32[n]."""
    numbers = {value: number for number, value in enumerate(values)}
    for value in new:
        numbers.setdefault(value, len(numbers))
    return tuple(numbers), np.array([numbers[value] for value in new], np.uint32)


def _places(lengths: NDArray[np.unsignedinteger], order: Sequence[int]) -> NDArray[np.int64]:
    """Return the indices of the items in the wanted groups, int64[n]; all groups lie end to end.

    `lengths` are the lengths of all groups; `order` are the numbers of the wanted groups, in the
    wanted order.
    """
    wide = lengths.astype(np.int64)
    return ranges((np.cumsum(wide) - wide)[order], wide[order])


def _in_use(
    values: tuple[_T, ...], numbers: NDArray[np.unsignedinteger]
) -> tuple[tuple[_T, ...], NDArray[np.uint32]]:
    """Return the values in use, sorted, and `numbers` renumbered to refer to them, uint32[n]."""
    used = sorted((values[number], number) for number in np.unique(numbers).tolist())
    new = np.zeros(len(values), np.uint32)
    for place, (_, number) in enumerate(used):
        new[number] = place
    return tuple(value for value, _ in used), new[numbers]
