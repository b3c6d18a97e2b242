"""Reads the table of a roster from bytes that anybody may have written.

Bytes that `RosterTable.encode` would not write are refused with an error of one line: names that
lead out of their folder or lie in another name, numbers out of range, references to nothing, wrong
types.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codelode.errors import DamagedError
from codelode.roster.names import bad_label, bad_name, folders_of
from codelode.roster.records import Identity
from codelode.roster.table import LANGUAGE_ROW, NUMBERS, ROW, RosterTable
from codelode.segment.container import SegmentFile

MAX_REPOSITORIES = 1 << 18
_MAX_NUMBER = 1 << 45
"""Totals of `MAX_REPOSITORIES` fit 64 bits."""
_MAX_VALUES = 1 << 16
_MAX_TEXT = 300


def decode_table(data: bytes) -> RosterTable:
    """Return the table that some bytes hold. Raises `DamagedError`, `FormatError`."""
    try:
        file = SegmentFile.from_bytes("roster", data)
        names = _names(bytes(file.read("names")))
        rows = file.array("rows", ROW)
        language_rows = file.array("languages", LANGUAGE_ROW)
        tables = _tables(bytes(file.read("tables")))
        table = RosterTable(names, rows, language_rows, *tables)
        _check_names(table)
        _check_rows(table)
    except DamagedError as error:
        raise _damaged(error.problem.removeprefix("roster: ")) from None
    return table


def _damaged(problem: str) -> DamagedError:
    return DamagedError(f"the roster is damaged: {problem}", "restore an earlier generation")


def _names(data: bytes) -> list[str]:
    try:
        return data.decode("ascii").split("\n") if data else []
    except UnicodeDecodeError:
        raise DamagedError("a name is not ASCII") from None


def _check_names(table: RosterTable) -> None:
    names = list(table.names)
    if len(names) > MAX_REPOSITORIES:
        raise DamagedError(f"it has {len(names):,} repositories, more than {MAX_REPOSITORIES:,}")
    wrong = bad_name(names)
    if wrong is not None:
        raise DamagedError(f"{wrong[:_MAX_TEXT]!r} cannot be the name of a repository")
    known = set(names)
    if len(known) != len(names) or sorted(names) != names:
        raise DamagedError("its names are not in order")
    for name in names:
        for outer in folders_of(name):
            if outer in known:
                raise DamagedError(f"the repository {name} lies in the repository {outer}")


def _check_rows(table: RosterTable) -> None:
    rows, language_rows = table.rows, table.language_rows
    if len(rows) != len(table.names):
        raise DamagedError(f"it has {len(table.names):,} names and {len(rows):,} rows")
    for column in NUMBERS:
        _check_range(column, rows[column], _MAX_NUMBER)
    _check_range("complete", rows["complete"], 1)
    _check_range("label", rows["label"], len(table.labels) - 1)
    _check_range("identity", rows["identity"], len(table.identities) - 1)
    _check_range("language", language_rows["language"], len(table.languages) - 1)
    if int(table.language_starts[-1]) != len(language_rows):
        raise DamagedError("it has other languages than its repositories")
    if (rows["segments"] > rows["index_bytes"]).any():
        raise DamagedError("a repository has more segments than bytes")


def _check_range(name: str, column: NDArray[np.integer], most: int) -> None:
    if len(column) and (int(column.min()) < 0 or int(column.max()) > most):
        raise DamagedError(f"{name} is out of range")


def _tables(data: bytes) -> tuple[tuple[str, ...], tuple[Identity, ...], tuple[str, ...]]:
    """Return the labels, identities and languages in JSON. Raises `DamagedError`."""
    try:
        tables = json.loads(data)
    except (ValueError, RecursionError):
        raise DamagedError("its tables are not JSON") from None
    if not isinstance(tables, dict) or set(tables) != {"labels", "identities", "languages"}:
        raise DamagedError("its tables have other names")
    labels, languages = _texts(tables["labels"]), _texts(tables["languages"])
    wrong = bad_label(labels)
    if wrong is not None:
        raise DamagedError(f"{wrong!r} cannot be a label")
    if not isinstance(tables["identities"], list) or len(tables["identities"]) > _MAX_VALUES:
        raise DamagedError("its identities are no list")
    return labels, tuple(map(_identity, tables["identities"])), languages


def _texts(values: Any) -> tuple[str, ...]:
    if (
        not isinstance(values, list)
        or len(values) > _MAX_VALUES
        or not all(isinstance(each, str) and _is_plain(each) for each in values)
        or len(set(values)) != len(values)
    ):
        raise DamagedError("its labels or languages are no list of distinct texts")
    return tuple(values)


def _is_plain(text: str) -> bool:
    return len(text) <= _MAX_TEXT and text.isascii() and (not text or text.isprintable())


def _identity(values: Any) -> Identity:
    kinds = [str, str, int, str, str, str]
    if (
        not isinstance(values, list)
        or [type(value) for value in values] != kinds
        or not all(_is_short(value) for value in values)
        or not 0 < values[2] < 1 << 16
    ):
        raise DamagedError("an identity is not what it should be")
    return Identity(*values)


def _is_short(value: str | int) -> bool:
    return isinstance(value, int) or (len(value) <= 4096 and value.isprintable())
